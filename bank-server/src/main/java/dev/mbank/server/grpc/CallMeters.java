package dev.mbank.server.grpc;

import dev.mbank.server.ledger.Identity;
import dev.mbank.server.security.PolicyInForce;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Counts calls by who made them, refusals by the contract's reason, and denials by why. Callers are
 * told apart by the grant that they fit, so there are no more of them than the policy has lines,
 * whoever calls.
 */
final class CallMeters implements ServerInterceptor {
  private static final String UNKNOWN = "unknown";

  private record Key(String caller, String method, Status.Code status) {}

  private final Map<Key, Counter> calls = new ConcurrentHashMap<>();
  private final Map<String, Counter> refused = new ConcurrentHashMap<>();
  private final PolicyInForce policy;
  private final MeterRegistry registry;
  private final Counter unknownIdentity;
  private final Counter permissionDenied;

  CallMeters(PolicyInForce policy, MeterRegistry registry) {
    this.policy = policy;
    this.registry = registry;
    this.unknownIdentity = denied("unknown_identity");
    this.permissionDenied = denied("permission_denied");
    // From zero on: a rate does not see what a series begins with.
    StatusMapper.REASONS.forEach(reason -> refused.put(reason, refused(reason)));
  }

  private Counter denied(String reason) {
    return Counter.builder("mbank.calls.denied")
        .description("Calls that the policy refused")
        .tag("reason", reason)
        .register(registry);
  }

  private Counter refused(String reason) {
    return Counter.builder("mbank.calls.refused")
        .description("Calls that were answered with an error, by its reason")
        .tag("reason", reason)
        .register(registry);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    CountedCall<Q, A> counted = new CountedCall<>(call);
    return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
      @Override
      public void onCancel() {
        var unused = counted.count(Status.Code.CANCELLED);
        super.onCancel();
      }
    };
  }

  private String caller(@Nullable Identity identity) {
    String grant = identity == null ? null : policy.current().grantOf(identity);
    return grant == null ? UNKNOWN : grant;
  }

  private Counter calls(Key key) {
    return Counter.builder("mbank.calls")
        .description("Calls by the caller's grant, method and status")
        .tags("caller", key.caller, "method", key.method, "status", key.status.name())
        .register(registry);
  }

  private final class CountedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final AtomicBoolean counted = new AtomicBoolean();

    CountedCall(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (count(status.getCode()) && !status.isOk()) {
        String reason = StatusMapper.reason(status, trailers);
        refused.computeIfAbsent(reason, CallMeters.this::refused).increment();
      }
      super.close(status, trailers);
    }

    /** Only once: the answer to a call that was cancelled goes nowhere. */
    boolean count(Status.Code status) {
      if (!counted.compareAndSet(false, true)) {
        return false;
      }
      String method = String.valueOf(getMethodDescriptor().getBareMethodName());
      Key key = new Key(caller(Caller.of(this).identityIfProven()), method, status);
      calls.computeIfAbsent(key, CallMeters.this::calls).increment();
      if (status == Status.Code.UNAUTHENTICATED) {
        unknownIdentity.increment();
      } else if (status == Status.Code.PERMISSION_DENIED) {
        permissionDenied.increment();
      }
      return true;
    }
  }
}
