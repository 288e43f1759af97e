package dev.mbank.benchmarks;

/**
 * A line of the table.
 *
 * @param load how the load was applied, in words
 * @param inFlight how many calls at a time, or 0 where they came at a rate
 * @param p50 a latency in milliseconds, as the two that follow
 * @param refused how many calls the server would not take on
 * @param failed how many ended in another way
 */
record Row(
    String target,
    String workload,
    String load,
    int inFlight,
    double perSecond,
    double p50,
    double p99,
    double p999,
    long refused,
    long failed,
    String note) {

  static Row of(String target, String workload, Outcome outcome, String note) {
    return new Row(
        target,
        workload,
        outcome.load(),
        outcome.inFlight(),
        outcome.perSecond(),
        outcome.millis(50),
        outcome.millis(99),
        outcome.millis(99.9),
        outcome.tally().refused().getTotalCount(),
        outcome.tally().failed(),
        note);
  }

  boolean is(String otherTarget, String otherWorkload, int otherInFlight) {
    return target.equals(otherTarget)
        && workload.equals(otherWorkload)
        && inFlight == otherInFlight;
  }
}
