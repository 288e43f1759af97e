package dev.mbank.benchmarks;

import io.grpc.Status;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What became of the calls of one run, over one connection. */
final class Tally {
  static final long LONGEST = TimeUnit.MINUTES.toNanos(2);
  private static final int DIGITS = 3;

  private final Histogram accepted = histogram();
  private final Histogram refused = histogram();
  private final Map<String, Long> failures = new TreeMap<>();
  private long inTime;
  private long writes;
  private long unsent;

  static Histogram histogram() {
    return new Histogram(LONGEST, DIGITS);
  }

  /**
   * Counts a call that has ended.
   *
   * @param counts whether its latency is one of those that are asked for
   * @param ended whether it ended in the time that is measured
   */
  synchronized void record(
      Status status, boolean write, long nanos, boolean counts, boolean ended) {
    if (status.isOk()) {
      if (write) {
        writes++;
      }
      if (ended) {
        inTime++;
      }
      if (counts) {
        accepted.recordValue(Math.min(nanos, LONGEST));
      }
    } else if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
      if (counts) {
        refused.recordValue(Math.min(nanos, LONGEST));
      }
    } else {
      String reason = status.getCode() + ": " + status.getDescription();
      failures.merge(reason, 1L, Long::sum);
    }
  }

  synchronized void unsent() {
    unsent++;
  }

  /** Adds this to a sum of all connections. */
  synchronized void addTo(Tally sum) {
    sum.accepted.add(accepted);
    sum.refused.add(refused);
    failures.forEach((reason, times) -> sum.failures.merge(reason, times, Long::sum));
    sum.inTime += inTime;
    sum.writes += writes;
    sum.unsent += unsent;
  }

  /** Latencies of what was answered, in nanoseconds. */
  Histogram accepted() {
    return accepted;
  }

  /** Latencies of what was refused as too much: from its sending, whenever it was due. */
  Histogram refused() {
    return refused;
  }

  /** What else came back, and how often. */
  Map<String, Long> failures() {
    return failures;
  }

  long failed() {
    return failures.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many good answers came in the time that is measured. */
  long inTime() {
    return inTime;
  }

  /** How many writes were acknowledged, in warm-up and after the end too. */
  long writes() {
    return writes;
  }

  /** How many calls of an open loop could not be sent, since too many were under way. */
  long unsentCalls() {
    return unsent;
  }
}
