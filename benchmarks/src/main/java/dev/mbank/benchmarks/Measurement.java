package dev.mbank.benchmarks;

import dev.mbank.benchmarks.Children.Child;
import dev.mbank.benchmarks.LoadGenerator.Times;
import dev.mbank.benchmarks.Results.Overload;
import dev.mbank.benchmarks.Target.Server;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One target's turn: it is started, loaded in all ways, held against its books, and stopped. */
final class Measurement {
  private static final int CONNECTIONS = 4;
  private static final int USUAL = 512;

  /** What a just-in-time compiler needs before anything is measured. */
  private static final double FIRST_WARM_UP = 20;

  private static final double TOO_MUCH = 3;

  /** Being refused is compiled anew, on both sides. */
  private static final double OVERLOAD_WARM_UP = 12;

  /** So many that the bank's queue, and not the limit of calls of a connection, says no. */
  private static final int CROWD = 16;

  private final Options options;
  private final Children children;
  private final SslContext tls;
  private final Results results;
  private final Target target;
  private final Acknowledged acknowledged = new Acknowledged();
  private Instant begin = Instant.MAX;
  private Instant end = Instant.MAX;

  Measurement(Options options, Children children, SslContext tls, Results results, Target target) {
    this.options = options;
    this.children = children;
    this.tls = tls;
    this.results = results;
    this.target = target;
  }

  void run() throws Exception {
    List<Child> running = new ArrayList<>();
    try {
      List<Integer> ports = new ArrayList<>();
      for (Server each : target.servers()) {
        Child child = each.starter().start(children, each.name());
        running.add(child);
        ports.add(Integer.parseInt(child.await(each.ready()).group(1)));
      }
      measure(ports);
    } catch (NotAvailableException e) {
      results.notAvailable(target.name(), e.getMessage());
    } catch (RuntimeException e) { // The others can still be measured.
      results.fault(target.name(), e.toString());
    } finally {
      running.forEach(children::stop);
    }
  }

  /** When it was warm. */
  Instant begin() {
    return begin;
  }

  /** When the load was over. */
  Instant end() {
    return end;
  }

  private void measure(List<Integer> ports) throws Exception {
    try (LoadGenerator load = new LoadGenerator(ports, tls, CONNECTIONS, acknowledged)) {
      load.once(Workload.OPEN);
      load.once(Workload.FUND);
      double first = Math.min(FIRST_WARM_UP, 4 * options.seconds());
      load.closedLoop(Workload.TRANSFERS, USUAL, Times.starting(first, 0));
      begin = Instant.now();
      closedLoops(load);
      if (options.workloads().contains("open")) {
        double best = best(load);
        add(load.openLoop(Workload.TRANSFERS, 0.5 * best, times()), "half of its best");
        add(load.openLoop(Workload.TRANSFERS, 0.8 * best, times()), "0.8 of its best");
      }
      if (options.workloads().contains("overload") && target.refuses()) {
        overload(ports, best(load));
      }
      end = Instant.now();
      if (target.keepsBooks()) {
        check(load.books());
      }
    }
  }

  private void closedLoops(LoadGenerator load) {
    if (options.workloads().contains(Workload.TRANSFERS.label())) {
      for (int level : Options.LEVELS) {
        if (options.levels().contains(level)) {
          add(load.closedLoop(Workload.TRANSFERS, level, times()), "");
        }
      }
    }
    for (Workload each : List.of(Workload.DEPOSITS, Workload.HOT, Workload.READS, Workload.MIX)) {
      if (options.workloads().contains(each.label())) {
        add(load.closedLoop(each, USUAL, times()), "");
      }
    }
  }

  /** The most transfers a second that it was seen to do, if enough were in flight, or now does. */
  private double best(LoadGenerator load) {
    String transfers = Workload.TRANSFERS.label();
    if (results.row(target.name(), transfers, USUAL).isEmpty()) {
      return load.closedLoop(Workload.TRANSFERS, USUAL, times()).perSecond();
    }
    return results.best(target.name(), transfers).map(Row::perSecond).orElseThrow();
  }

  private void overload(List<Integer> ports, double best) throws InterruptedException {
    try (LoadGenerator load = new LoadGenerator(ports, tls, CROWD, acknowledged)) {
      double warmUp = Math.min(OVERLOAD_WARM_UP, 2 * options.seconds());
      Times times = Times.starting(warmUp, options.seconds());
      Outcome outcome = load.openLoop(Workload.TRANSFERS, TOO_MUCH * best, times);
      Tally tally = outcome.tally();
      double refusedP99 = Outcome.millis(tally.refused(), 99);
      double sent = TOO_MUCH * best - tally.unsentCalls() / outcome.seconds();
      String note =
          String.format(
              "%.2f of its best; sent %.1f k/s; refusals p99 %.1f ms",
              outcome.perSecond() / best, sent / 1000, refusedP99);
      Row row = Row.of(target.name(), "overload", outcome, note);
      results.add(row);
      results.overloads.add(
          new Overload(
              target.name(),
              best,
              sent,
              outcome.perSecond(),
              row.refused(),
              refusedP99,
              row.p99()));
      failures(outcome);
    }
  }

  private void check(Books books) {
    String what =
        String.format(
            "%s: %d writes acknowledged, %d in the books, balances sum to %s,"
                + " %d of %d sampled are missing",
            target.name(),
            acknowledged.writes(),
            books.transactions(),
            books.sum().stripTrailingZeros().toPlainString(),
            books.missing(),
            acknowledged.sample().size());
    results.books(what);
    String faults = books.faults(acknowledged);
    if (!faults.isEmpty()) {
      results.fault(target.name(), faults);
    }
  }

  private Times times() {
    return Times.starting(options.warmUp(), options.seconds());
  }

  private void add(Outcome outcome, String note) {
    results.add(Row.of(target.name(), outcome.workload().label(), outcome, note));
    failures(outcome);
  }

  /** Nothing here may fail; what is too much is refused. */
  private void failures(Outcome outcome) {
    outcome
        .tally()
        .failures()
        .forEach(
            (reason, times) ->
                results.fault(
                    target.name(),
                    outcome.workload().label() + ": " + times + " calls failed: " + reason));
  }
}
