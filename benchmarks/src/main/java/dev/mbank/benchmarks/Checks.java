package dev.mbank.benchmarks;

import static dev.mbank.benchmarks.Report.number;

import dev.mbank.benchmarks.Results.Overload;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The figures that were asked for, beside those that were measured. */
final class Checks {
  private static final String TRANSFERS = Workload.TRANSFERS.label();
  private static final int USUAL = 512;

  private final Results results;
  private final List<String> lines = new ArrayList<>();

  private Checks(Results results) {
    this.results = results;
  }

  /** A line for each whose parts were measured. */
  static List<String> of(Results results) {
    Checks checks = new Checks(results);
    checks.throughput();
    for (String target : List.of("sqlite", "postgresql")) {
      checks.latency(target);
      checks.hotAccount(target);
    }
    results.overloads.forEach(checks::overload);
    return checks.lines;
  }

  private void throughput() {
    ratio(
        "sqlite: transfers at 512 in flight, of echo's",
        0.6,
        results.row("sqlite", TRANSFERS, USUAL),
        results.row("echo", TRANSFERS, USUAL));
    ratio(
        "postgresql: its most transfers, of pgbench's best",
        12,
        results.best("postgresql", TRANSFERS),
        results.best("pgbench", PgBench.WORKLOAD));
  }

  private void latency(String target) {
    Optional<Row> alone = results.row(target, TRANSFERS, 1);
    Optional<Row> echo = results.row("echo", TRANSFERS, 1);
    Double commit = results.commits.get(target);
    if (alone.isPresent() && echo.isPresent() && commit != null) {
      double bare = echo.get().p50() + commit;
      String what =
          String.format(
              "%s: p50 at one in flight, of echo's and a bare commit (%s + %s ms)",
              target, number(echo.get().p50()), number(commit));
      atMost(what, 2, alone.get().p50() / bare);
    }
    results
        .row(target, TRANSFERS, 64)
        .ifPresent(
            row -> atMost(target + ": p99 at 64 in flight, of p50", 5, row.p99() / row.p50()));
  }

  private void hotAccount(String target) {
    ratio(
        target + ": transfers over one hot account, of those among 1000",
        0.9,
        results.row(target, Workload.HOT.label(), USUAL),
        results.row(target, TRANSFERS, USUAL));
  }

  private void overload(Overload overload) {
    String at =
        String.format(
            "%s: at %s times its best, ",
            overload.target(), number(overload.sent() / overload.best()));
    atLeast(at + "accepted, of its best", 0.9, overload.accepted() / overload.best());
    if (overload.refused() == 0) {
      lines.add(at + "nothing was refused: it was no overload");
    } else {
      atMost(at + "refusals, p99 in ms", 50, overload.refusedP99());
      lines.add(at + "p99 of what it accepts: " + number(overload.acceptedP99()) + " ms");
    }
  }

  private void ratio(String what, double aim, Optional<Row> row, Optional<Row> of) {
    if (row.isPresent() && of.isPresent()) {
      atLeast(what, aim, row.get().perSecond() / of.get().perSecond());
    }
  }

  private void atLeast(String what, double aim, double value) {
    line(what, number(value) + " (at least " + number(aim) + ")", value >= aim);
  }

  private void atMost(String what, double aim, double value) {
    line(what, number(value) + " (at most " + number(aim) + ")", value <= aim);
  }

  private void line(String what, String value, boolean reached) {
    lines.add((reached ? "reached: " : "not reached: ") + what + ": " + value);
  }
}
