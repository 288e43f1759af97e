package dev.mbank.benchmarks;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What one run came to.
 *
 * @param inFlight how many callers there were, or 0 in an open loop
 * @param rate how many calls a second were due, or 0 in a closed loop
 */
record Outcome(Workload workload, int inFlight, double rate, double seconds, Tally tally) {

  /** Good answers a second. */
  double perSecond() {
    return tally.inTime() / seconds;
  }

  /** A latency in milliseconds. */
  double millis(double percentile) {
    return millis(tally.accepted(), percentile);
  }

  static double millis(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1e6;
  }

  String load() {
    return inFlight > 0
        ? inFlight + " in flight"
        : String.format(Locale.ROOT, "%.1fk/s due", rate / 1000);
  }
}
