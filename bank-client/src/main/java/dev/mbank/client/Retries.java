package dev.mbank.client;

import com.google.rpc.ErrorInfo;
import io.grpc.Deadline;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request again while that may help, within one deadline for all its attempts.
 *
 * <p>Only two answers are worth another attempt: UNAVAILABLE (the connection broke, the store
 * failed, or it is unknown whether the commit happened) and RESOURCE_EXHAUSTED with a RetryInfo
 * (the bank is overloaded and says when to come back). Both are safe since a write carries a
 * request id, the same in every attempt. All else is final.
 *
 * <p>This is done here and not by a retry policy in gRPC's service config, because that cannot tell
 * the bank's RESOURCE_EXHAUSTED from gRPC's own, does not read RetryInfo, and tells the caller
 * neither how often it tried nor with which request id to go on. There is no such policy on the
 * channel, so attempts do not multiply.
 */
final class Retries {
  static final int MAX_ATTEMPTS = 5;
  static final Duration FIRST_BACKOFF = Duration.ofMillis(100);

  private final Duration timeout;
  private final Pause pause;
  private final LongUnaryOperator random;

  /** Waits; a test counts instead. */
  @FunctionalInterface
  interface Pause {
    void of(Duration time) throws InterruptedException;
  }

  Retries(Duration timeout) {
    this(
        timeout,
        time -> TimeUnit.NANOSECONDS.sleep(time.toNanos()),
        bound -> ThreadLocalRandom.current().nextLong(bound));
  }

  /**
   * @param random a number from 0 up to, but not including, its argument
   */
  Retries(Duration timeout, Pause pause, LongUnaryOperator random) {
    this.timeout = timeout;
    this.pause = pause;
    this.random = random;
  }

  /**
   * Makes the call.
   *
   * @param requestId the id that every attempt carries; null for a read
   * @throws BankRefusedException if the bank says no
   * @throws BankUnavailableException if there is no final answer in time
   * @throws StatusRuntimeException for an error that is not the bank's and after which nothing is
   *     open
   */
  <T> T call(String method, @Nullable UUID requestId, Function<Deadline, T> attempt) {
    Deadline deadline = Deadline.after(timeout.toNanos(), TimeUnit.NANOSECONDS);
    boolean nothingDone = true;
    for (int attempts = 1; ; attempts++) {
      try {
        return attempt.apply(deadline);
      } catch (StatusRuntimeException e) {
        ErrorDetails details = ErrorDetails.of(e);
        nothingDone &= details.nothingDone();
        if (!mayHelpToRepeat(e, details)) {
          throw finalError(method, requestId, attempts, e, details.info());
        }
        Duration wait = waitAfter(attempts, details);
        if (attempts == MAX_ATTEMPTS || !pausedWithin(deadline, wait)) {
          throw new BankUnavailableException(method, requestId, attempts, nothingDone, e);
        }
      }
    }
  }

  private static boolean mayHelpToRepeat(StatusRuntimeException error, ErrorDetails details) {
    return switch (error.getStatus().getCode()) {
      case UNAVAILABLE -> true;
      case RESOURCE_EXHAUSTED -> details.retryDelay() != null;
      default -> false;
    };
  }

  private static RuntimeException finalError(
      String method,
      @Nullable UUID requestId,
      int attempts,
      StatusRuntimeException error,
      @Nullable ErrorInfo info) {
    boolean refused =
        switch (error.getStatus().getCode()) {
          case DEADLINE_EXCEEDED, INTERNAL -> false;
          // gRPC's own: it never came to the bank.
          case UNIMPLEMENTED, RESOURCE_EXHAUSTED -> true;
          default -> info != null || requestId == null;
        };
    if (!refused) {
      // The bank did not say no: it may have failed before, or after it did what was asked.
      return new BankUnavailableException(method, requestId, attempts, false, error);
    }
    return info == null ? error : new BankRefusedException(error, info);
  }

  /** What the bank asked for, if it did, and a backoff that doubles, of which half is random. */
  private Duration waitAfter(int attempts, ErrorDetails details) {
    long half = FIRST_BACKOFF.toNanos() << (attempts - 1) >> 1;
    Duration backoff = Duration.ofNanos(half + random.applyAsLong(half + 1));
    return details.retryDelay() == null ? backoff : backoff.plus(details.retryDelay());
  }

  /** Waits, or says no at once if the deadline would come first. */
  private boolean pausedWithin(Deadline deadline, Duration wait) {
    if (deadline.timeRemaining(TimeUnit.NANOSECONDS) <= wait.toNanos()) {
      return false;
    }
    try {
      pause.of(wait);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
