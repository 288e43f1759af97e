package dev.mbank.server.commit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Logs failures that come in floods: one that is new with its trace; the same again as one line,
 * and that once in a while. Of one thread only.
 */
final class FailureLog {
  private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();

  private final Logger log;
  private @Nullable String last;
  private long toldAt;
  private long untold;

  FailureLog(Logger log) {
    this.log = log;
  }

  void log(String what, Throwable failure) {
    String reason = reason(failure);
    if (!reason.equals(last)) {
      if (untold > 0) {
        log.error("The failure before came {} times more: {}", untold, last);
      }
      log.error("{}", what, failure);
      last = reason;
    } else if (System.nanoTime() - toldAt > QUIET_NANOS) {
      log.error("{} ({} more since the last line): {}", what, untold, reason);
    } else {
      untold++;
      return;
    }
    untold = 0;
    toldAt = System.nanoTime();
  }

  private static String reason(Throwable failure) {
    StringBuilder reason = new StringBuilder();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      reason.append(reason.isEmpty() ? "" : ": ").append(cause);
    }
    return reason.toString();
  }
}
