package dev.mbank.server.commit;

import java.time.Duration;

/**
 * There is more to do than the server may take on. Nothing was done. It has no stack trace: each
 * would cost what the server has least of then.
 */
public final class OverloadedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Duration retryAfter;

  /**
   * @param what is full, with its limit
   * @param retryAfter when it is worth trying again
   */
  public OverloadedException(String what, Duration retryAfter) {
    super(what, null, false, false);
    this.retryAfter = retryAfter;
  }

  public Duration retryAfter() {
    return retryAfter;
  }
}
