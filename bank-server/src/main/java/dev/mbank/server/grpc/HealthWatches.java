package dev.mbank.server.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.health.v1.HealthGrpc;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams that watch the health service. They never end by themselves, so each would hold up a
 * shutdown for all of its grace period.
 */
final class HealthWatches implements ServerInterceptor {
  private final Set<ServerCall<?, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    if (!call.getMethodDescriptor()
        .getFullMethodName()
        .equals(HealthGrpc.getWatchMethod().getFullMethodName())) {
      return listener;
    }
    open.add(call);
    if (ended) {
      end(call);
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onCancel() {
        open.remove(call);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        open.remove(call);
        super.onComplete();
      }
    };
  }

  /** Ends the streams that are open, after the last they had to tell was sent, and new ones too. */
  void end() {
    ended = true;
    open.forEach(HealthWatches::end);
  }

  private static void end(ServerCall<?, ?> call) {
    try {
      call.close(Status.UNAVAILABLE.withDescription("the bank is shutting down"), new Metadata());
    } catch (IllegalStateException e) {
      // It ended by itself in this moment.
    }
  }
}
