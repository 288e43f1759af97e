package dev.mbank.server.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line a call: method, peer, status, time, and the id of a write. Never amounts or names.
 *
 * <p>The logger {@code mbank.access} writes from a thread of its own (logback-spring.xml), so a
 * call pays for a formatted line only.
 */
final class AccessLogInterceptor implements ServerInterceptor {
  private static final Logger log = LoggerFactory.getLogger("mbank.access");
  private static final int UUID_LENGTH = 36;

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    LoggedCall<Q, A> logged = new LoggedCall<>(call);
    return new SimpleForwardingServerCallListener<>(next.startCall(logged, headers)) {
      @Override
      public void onMessage(Q message) {
        logged.requestId = requestId(message);
        super.onMessage(message);
      }

      @Override
      public void onCancel() {
        logged.log(Status.CANCELLED);
        super.onCancel();
      }
    };
  }

  private static String requestId(Object message) {
    if (!(message instanceof Message request)) {
      return "";
    }
    FieldDescriptor field = request.getDescriptorForType().findFieldByName("request_id");
    return field == null ? "" : (String) request.getField(field);
  }

  /**
   * Whatever a caller sends as its request id: one word, no longer than an id is. Looks first
   * whether there is anything to mend, for this is paid by the thread that answers.
   */
  private static String shown(String requestId) {
    if (requestId.isEmpty()) {
      return "-";
    }
    String start = requestId.substring(0, Math.min(UUID_LENGTH, requestId.length()));
    int plain = 0;
    while (plain < start.length() && isOfAnId(start.charAt(plain))) {
      plain++;
    }
    return plain == start.length() ? start : start.replaceAll("[^0-9a-fA-F-]", "?");
  }

  private static boolean isOfAnId(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-';
  }

  private static final class LoggedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final long start = System.nanoTime();
    private final AtomicBoolean logged = new AtomicBoolean();
    volatile String requestId = "";

    LoggedCall(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      log(status);
      super.close(status, trailers);
    }

    /** Only once: the answer to a call that was cancelled goes nowhere. */
    void log(Status status) {
      if (!logged.compareAndSet(false, true)) {
        return;
      }
      log.info(
          "method={} peer={} status={} micros={} request_id={}",
          getMethodDescriptor().getFullMethodName(),
          Caller.of(this),
          status.getCode(),
          TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start),
          shown(requestId));
    }
  }
}
