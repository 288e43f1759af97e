package dev.mbank.server.grpc;

import dev.mbank.v1.BankServiceGrpc;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Answers every failure of a handler, thrown or given to {@code onError}, with the error that
 * {@link StatusMapper} makes of it. Statuses that bear no cause are gRPC's own: of the bank's
 * methods INTERNAL says that a call bore no message; all else passes.
 */
final class ErrorInterceptor implements ServerInterceptor {

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    MappingCall<Q, A> mapping = new MappingCall<>(call);
    return new SimpleForwardingServerCallListener<>(next.startCall(mapping, headers)) {
      /** Null stands for bytes that {@link LenientRequests} could not read. */
      @Override
      public void onMessage(@Nullable Q message) {
        if (message == null) {
          Exception e = new InvalidFieldException("request", "malformed", "a protobuf message");
          mapping.close(Status.UNKNOWN.withCause(e), new Metadata());
          return;
        }
        super.onMessage(message);
      }

      @Override
      public void onHalfClose() {
        try {
          super.onHalfClose();
        } catch (RuntimeException | Error e) {
          mapping.close(Status.UNKNOWN.withCause(e), new Metadata());
        }
      }
    };
  }

  private static final class MappingCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private volatile boolean closed;

    MappingCall(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (closed) {
        return; // A handler that fails after its answer has nobody to tell.
      }
      closed = true;
      Throwable cause = status.getCause() == null ? noMessage(status) : status.getCause();
      if (cause == null) {
        super.close(status, trailers);
        return;
      }
      StatusRuntimeException error =
          StatusMapper.map(cause, getMethodDescriptor().getFullMethodName());
      Metadata mapped = error.getTrailers();
      super.close(error.getStatus(), mapped == null ? trailers : mapped);
    }

    /** What the stub calls INTERNAL: that the caller has sent nothing. Null if it is not that. */
    private @Nullable Throwable noMessage(Status status) {
      return status.getCode() == Status.Code.INTERNAL
              && BankServiceGrpc.SERVICE_NAME.equals(getMethodDescriptor().getServiceName())
          ? new InvalidFieldException("request", "no message", "one message")
          : null;
    }
  }
}
