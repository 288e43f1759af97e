package dev.mbank.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetBalanceRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.reflection.v1alpha.ServerReflectionGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shutdown while callers hold calls open. */
class OpenCallsIT {
  private static final String ACCOUNT = "held-open";

  /** Less than the grace period, by which a shutdown ends everything. */
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path folder;

  @Test
  void shutdown_callNotSentToTheEndAndOpenStream_areEndedAtOnce() throws Exception {
    String[] settings = {"TLS_ENABLED=false", "REFLECTION_ENABLED=true"};
    try (RunningServer server = RunningServer.start(folder, settings);
        TestClient client = TestClient.plaintext(server.port())) {
      DepositRequest request = TestClient.deposit(ACCOUNT, 1);
      var deposit = BankServiceGrpc.getDepositMethod();
      var half = new Open<>(client.channel().newCall(deposit, CallOptions.DEFAULT), request);
      var reflection = ServerReflectionGrpc.getServerReflectionInfoMethod();
      var stream = new Open<>(client.channel().newCall(reflection, CallOptions.DEFAULT), null);
      // Comes after both on the same connection, so that the server has them.
      client.bank().createAccount(TestClient.opening(ACCOUNT));

      assertThat(CompletableFuture.runAsync(server::close)).succeedsWithin(SOON);

      Status ended = half.closed.get(20, SECONDS);
      assertThat(ended.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(TestClient.reason(ended.asRuntimeException(half.trailers)))
          .isEqualTo("STORE_UNAVAILABLE");
      assertThat(stream.closed.get(20, SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
    try (RunningServer server = RunningServer.start(folder, settings);
        TestClient client = TestClient.plaintext(server.port())) {
      var request = GetBalanceRequest.newBuilder().setAccountId(ACCOUNT).build();
      assertThat(client.bank().getBalance(request).getBalance().getSequence()).isEqualTo(1);
    }
  }

  /** A call that is begun and never half-closed. */
  private static final class Open<Q, A> extends ClientCall.Listener<A> {
    final CompletableFuture<Status> closed = new CompletableFuture<>();
    volatile Metadata trailers = new Metadata();

    Open(ClientCall<Q, A> call, Q message) {
      call.start(this, new Metadata());
      if (message != null) {
        call.sendMessage(message);
      }
    }

    @Override
    public void onClose(Status status, Metadata received) {
      trailers = received;
      closed.complete(status);
    }
  }
}
