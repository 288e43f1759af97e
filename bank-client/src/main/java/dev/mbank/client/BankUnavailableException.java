package dev.mbank.client;

import io.grpc.StatusRuntimeException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The bank gave no final answer in time. A write may have been done or not, unless the bank said in
 * each attempt that it was not: whoever sends it again with the same request id learns which, and
 * it is not done twice.
 */
final class BankUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param requestId null for a read
   * @param nothingDone whether the bank said so, in each attempt
   */
  BankUnavailableException(
      String method,
      @Nullable UUID requestId,
      int attempts,
      boolean nothingDone,
      StatusRuntimeException last) {
    super(message(method, requestId, attempts, nothingDone, last), last);
  }

  private static String message(
      String method,
      @Nullable UUID requestId,
      int attempts,
      boolean nothingDone,
      StatusRuntimeException last) {
    String outcome = nothingDone ? "; nothing was done: try again later" : unknown(requestId);
    return "%s: no final answer from the bank, tried %d %s (%s)%s"
        .formatted(method, attempts, attempts == 1 ? "time" : "times", last.getMessage(), outcome);
  }

  private static String unknown(@Nullable UUID requestId) {
    return requestId == null
        ? "; try again later"
        : "; whether it was done is unknown: send it again with request_id " + requestId;
  }
}
