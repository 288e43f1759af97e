package dev.mbank.client;

import io.grpc.StatusRuntimeException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The bank gave no final answer in time. A write may have been done or not: whoever sends it again
 * with the same request id learns which, and it is not done twice.
 */
final class BankUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  BankUnavailableException(
      String method, @Nullable UUID requestId, int attempts, StatusRuntimeException last) {
    super(message(method, requestId, attempts, last), last);
  }

  private static String message(
      String method, @Nullable UUID requestId, int attempts, StatusRuntimeException last) {
    return "%s: no answer from the bank, tried %d %s (%s)%s"
        .formatted(
            method,
            attempts,
            attempts == 1 ? "time" : "times",
            last.getMessage(),
            requestId == null
                ? "; try again later"
                : "; whether it was done is unknown: send it again with request_id " + requestId);
  }
}
