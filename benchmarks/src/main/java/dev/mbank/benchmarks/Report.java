package dev.mbank.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The page of results. */
final class Report {
  private static final String HEAD =
      """
      # What the bank does in a second

      %s, with %s.
      Load, servers and databases share it, so read the figures as ratios. The load average before
      was %s; a machine with other work gives no good figures. All but pgbench get the same load,
      messages and mutual TLS, each for %s s after %s s of warm-up. `make bench` measures it anew.

      ![Transfers a second, over how many are in flight](RESULTS.svg)

      `echo` is gRPC alone: it answers at once and keeps nothing. `sqlite`, `postgresql` and
      `postgresql-2` are one bank-server, or two on one database, with 256 MB of heap. `plain` is a
      transaction and row locks for each request, on the same PostgreSQL. Latencies of calls at a rate
      count from when each was due.

      | target | workload | load | calls/s | of echo | of pgbench | of plain | p50 ms | p99 ms | p99.9 ms | refused | remark |
      |---|---|---|---|---|---|---|---|---|---|---|---|
      """;

  private final Results results;

  private Report(Results results) {
    this.results = results;
  }

  static String of(Results results, Options options, Path folder) throws IOException {
    Report report = new Report(results);
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            HEAD,
            LocalDate.now(ZoneOffset.UTC) + ", on a machine of " + machine(folder),
            results.postgres.isEmpty() ? "no PostgreSQL" : "PostgreSQL " + results.postgres,
            number(results.loadBefore),
            number(options.seconds()),
            number(options.warmUp())));
    results.rows.forEach(row -> text.append(report.line(row)));
    results.absent.forEach(
        (target, reason) ->
            text.append("\n`").append(target).append("` is not available: ").append(reason + "\n"));
    text.append("\n## What was to be reached\n\n");
    Checks.of(results).forEach(check -> text.append("- ").append(check).append('\n'));
    text.append("\n## The books\n\nEvery acknowledged write has to be there.\n\n");
    results.books.forEach(line -> text.append("- ").append(line).append('\n'));
    results.faults.forEach(line -> text.append("- ").append(line).append('\n'));
    return text.toString();
  }

  private static String machine(Path folder) throws IOException {
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return String.join(
        ", ",
        Runtime.getRuntime().availableProcessors() + " cores",
        Math.round(memory / Math.pow(2, 30)) + " GiB",
        "JDK " + Runtime.version().feature(),
        System.getProperty("os.name") + " " + System.getProperty("os.version").split("-")[0],
        Files.getFileStore(folder).type());
  }

  private String line(Row row) {
    List<String> cells = new ArrayList<>();
    cells.add(row.target());
    cells.add(row.workload());
    cells.add(row.load());
    cells.add(String.format(Locale.ROOT, "%,.0f", row.perSecond()));
    cells.add(ratio(row, results.row("echo", row.workload(), row.inFlight())));
    cells.add(usesPostgres(row) ? ratio(row, results.best("pgbench", PgBench.WORKLOAD)) : "");
    cells.add(ratio(row, results.row("plain", row.workload(), row.inFlight())));
    cells.add(number(row.p50()));
    cells.add(number(row.p99()));
    cells.add(number(row.p999()));
    cells.add(row.refused() > 0 ? "" + row.refused() : "");
    cells.add(row.note());
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static boolean usesPostgres(Row row) {
    return !List.of("echo", "sqlite").contains(row.target())
        && !row.workload().equals(Workload.READS.label());
  }

  private static String ratio(Row row, Optional<Row> other) {
    boolean compares = row.inFlight() > 0 && !row.target().equals("echo");
    return other
        .filter(found -> compares && !found.target().equals(row.target()))
        .map(found -> number(row.perSecond() / found.perSecond()))
        .orElse("");
  }

  static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  }
}
