package dev.mbank.client;

import dev.mbank.v1.BankServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the bank and asks whether it serves, before any banking.
 *
 * <p>The call is the connection's test. It does not wait for the channel to be ready, so a refused
 * handshake fails it at once and with the cause. In TLS 1.3 the client is done before the server
 * has looked at the client's certificate: the server's no comes as an alert instead of the first
 * answer, and so fails the same call.
 */
final class FirstContact {
  private static final int ATTEMPTS = 4;

  private final Channel channel;
  private final ClientSettings settings;

  FirstContact(Channel channel, ClientSettings settings) {
    this.channel = channel;
    this.settings = settings;
  }

  /**
   * Makes the contact.
   *
   * @return what was agreed, in a line
   * @throws ExitException if there is no connection or the bank does not serve
   */
  String make() {
    Deadline deadline = Deadline.after(settings.callTimeout().toNanos(), TimeUnit.NANOSECONDS);
    for (int attempt = 1; ; attempt++) {
      var session = new SessionListener();
      try {
        requireServing(ask(session, deadline));
        return Connection.describe(settings, session.session);
      } catch (StatusRuntimeException e) {
        ExitException exit = explain(e);
        if (exit != null) {
          throw exit;
        }
        ConnectionFailure failure = ConnectionFailure.of(e, settings);
        if (failure.conclusive() || attempt == ATTEMPTS) {
          throw new ExitException(ExitCode.CONNECTION, failure.message(), e);
        }
      }
    }
  }

  private ServingStatus ask(SessionListener session, Deadline deadline) {
    var request = HealthCheckRequest.newBuilder().setService(BankServiceGrpc.SERVICE_NAME).build();
    return HealthGrpc.newBlockingStub(channel)
        .withInterceptors(session)
        .withDeadline(deadline)
        .check(request)
        .getStatus();
  }

  private void requireServing(ServingStatus status) {
    if (status != ServingStatus.SERVING) {
      throw unhealthy(
          "the bank at %s is %s: it is starting, stopping or without its database; try again or"
                  .formatted(settings.authority(), status)
              + " look at its log",
          null);
    }
  }

  /** Answers of a server that is there, or null. */
  private @Nullable ExitException explain(StatusRuntimeException error) {
    String server = settings.authority();
    return switch (error.getStatus().getCode()) {
      case NOT_FOUND, UNIMPLEMENTED ->
          unhealthy("the server at " + server + " is not a bank: check HOST and PORT", error);
      case UNAUTHENTICATED, PERMISSION_DENIED ->
          new ExitException(
              ExitCode.CONNECTION,
              "the bank at %s does not know us (CERT_FILE %s): %s; %s"
                  .formatted(
                      server,
                      settings.certFile(),
                      error.getStatus().getDescription(),
                      BankRefusedException.TO_BE_GRANTED),
              error);
      default -> null;
    };
  }

  private static ExitException unhealthy(String message, @Nullable Throwable cause) {
    return new ExitException(ExitCode.HEALTH, message, cause);
  }

  /** Keeps the TLS session of the connection that a call was made on. */
  private static final class SessionListener implements ClientInterceptor {
    private volatile @Nullable SSLSession session;

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<A> listener, Metadata headers) {
          ClientCall<Q, A> call = delegate();
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onHeaders(Metadata received) {
                  session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
                  super.onHeaders(received);
                }
              },
              headers);
        }
      };
    }
  }
}
