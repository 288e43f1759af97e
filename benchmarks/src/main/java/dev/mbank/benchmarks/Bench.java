package dev.mbank.benchmarks;

import dev.mbank.benchmarks.Children.Child;
import dev.mbank.benchmarks.LoadGenerator.Times;
import dev.mbank.benchmarks.Target.Server;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** `make bench`: starts what it compares, one after the other, loads it and tells what it did. */
final class Bench {
  private static final int CONNECTIONS = 4;

  /** What a just-in-time compiler needs before anything is measured. */
  private static final double FIRST_WARM_UP = 8;

  private final Options options;
  private final Path folder;
  private final Children children = new Children();
  private final SslContext tls;
  private final Map<String, List<Outcome>> outcomes = new LinkedHashMap<>();
  private final List<String> faults = new ArrayList<>();

  private Bench(Options options, Path folder) throws Exception {
    this.options = options;
    this.folder = folder;
    Tls.makeFiles(folder);
    tls = Tls.client(folder);
  }

  public static void main(String[] words) throws Exception {
    Bench bench = new Bench(Options.of(words), Files.createTempDirectory("mbank-bench"));
    bench.run();
    bench.faults.forEach(System.out::println);
    System.exit(bench.faults.isEmpty() ? 0 : 1);
  }

  private void run() throws Exception {
    if (options.targets().contains("echo")) {
      measure(Target.echo(folder));
    }
    if (options.targets().contains("sqlite")) {
      Map<String, String> database =
          Map.of("DATABASE_URL", "jdbc:sqlite:" + folder.resolve("bank.db"));
      measure(Target.bank("sqlite", 1, folder, database, List.of()));
    }
  }

  private void measure(Target target) throws Exception {
    List<Child> running = new ArrayList<>();
    try {
      List<Integer> ports = new ArrayList<>();
      for (Server each : target.servers()) {
        Child child = each.starter().start(children, each.name());
        running.add(child);
        ports.add(Integer.parseInt(child.await(each.ready()).group(1)));
      }
      try (LoadGenerator load = new LoadGenerator(ports, tls, CONNECTIONS)) {
        load.once(Workload.OPEN);
        load.once(Workload.FUND);
        double first = Math.min(FIRST_WARM_UP, 2 * options.seconds());
        load.closedLoop(Workload.TRANSFERS, 512, Times.starting(first, 0));
        for (int level : List.of(1, 8, 64, 512, 2048)) {
          if (options.levels().contains(level)) {
            add(target, load.closedLoop(Workload.TRANSFERS, level, times()));
          }
        }
        if (target.keepsBooks()) {
          Books books = load.books();
          String fault = books.faults(load.acknowledged(), load.unclear());
          System.out.println(
              target.name() + ": " + load.acknowledged() + " writes acknowledged, " + books);
          if (!fault.isEmpty()) {
            faults.add(target.name() + ": " + fault);
          }
        }
      }
    } finally {
      running.forEach(children::stop);
    }
  }

  private Times times() {
    return Times.starting(options.warmUp(), options.seconds());
  }

  private void add(Target target, Outcome outcome) {
    outcomes.computeIfAbsent(target.name(), name -> new ArrayList<>()).add(outcome);
    System.out.printf(
        Locale.ROOT,
        "%-12s %-10s %-16s %8.0f/s  p50 %7.2f  p99 %7.2f  p99.9 %7.2f ms  %d refused %s%n",
        target.name(),
        outcome.workload().label(),
        outcome.load(),
        outcome.perSecond(),
        outcome.millis(50),
        outcome.millis(99),
        outcome.millis(99.9),
        outcome.tally().refused().getTotalCount(),
        outcome.tally().failures());
  }
}
