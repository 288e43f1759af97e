package dev.mbank.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the bank tells beside the status of an error.
 *
 * @param info reason and metadata; null if the error is not the bank's, but the connection's
 * @param retryDelay how long the bank asks to wait; null if it does not
 */
record ErrorDetails(@Nullable ErrorInfo info, @Nullable Duration retryDelay) {
  private static final String DOMAIN = "mbank.dev";
  private static final Set<String> NOTHING_DONE = Set.of("OVERLOADED", "STORE_UNAVAILABLE");

  /** Whether the bank says that it did not begin. */
  boolean nothingDone() {
    return info != null && NOTHING_DONE.contains(info.getReason());
  }

  static ErrorDetails of(StatusRuntimeException error) {
    ErrorInfo info = null;
    Duration retryDelay = null;
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    if (status != null) {
      try {
        for (Any detail : status.getDetailsList()) {
          if (detail.is(ErrorInfo.class)) {
            ErrorInfo candidate = detail.unpack(ErrorInfo.class);
            info = candidate.getDomain().equals(DOMAIN) ? candidate : info;
          } else if (detail.is(RetryInfo.class)) {
            var delay = detail.unpack(RetryInfo.class).getRetryDelay();
            retryDelay = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
          }
        }
      } catch (InvalidProtocolBufferException e) {
        // Not the bank's writing: the status alone has to do.
        return new ErrorDetails(null, null);
      }
    }
    return new ErrorDetails(info, retryDelay);
  }
}
