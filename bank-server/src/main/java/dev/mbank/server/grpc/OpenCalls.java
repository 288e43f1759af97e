package dev.mbank.server.grpc;

import dev.mbank.server.commit.StoreUnavailableException;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The calls that wait for their caller: those that it has not sent to the end, and streams, such as
 * the watches of the health service. They may never end by themselves, so each would hold up a
 * shutdown for all of its grace period.
 *
 * <p>Whoever takes a call out of the set goes on with it: the handler, once the caller has sent
 * all, or the shutdown. So what a shutdown ends was not begun, and what was begun is answered.
 */
final class OpenCalls implements ServerInterceptor {
  private final Set<ServerCall<?, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    boolean stream = !call.getMethodDescriptor().getType().serverSendsOneMessage();
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    open.add(call);
    if (ended) {
      end(call);
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onHalfClose() {
        if (stream || open.remove(call)) {
          super.onHalfClose();
        }
      }

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

  /** Ends the calls that are open, after the last they had to tell was sent, and new ones too. */
  void end() {
    ended = true;
    open.forEach(this::end);
  }

  private void end(ServerCall<?, ?> call) {
    if (!open.remove(call)) {
      return;
    }
    Exception why = new StoreUnavailableException("the bank is shutting down");
    try {
      call.close(Status.UNAVAILABLE.withCause(why), new Metadata());
    } catch (IllegalStateException e) {
      // A stream that ended by itself in this moment.
    }
  }
}
