package dev.mbank.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** PostgreSQL's own benchmark, like TPC-B, with prepared statements, over a local socket. */
final class PgBench {
  static final String WORKLOAD = "TPC-B-like";

  private static final String DATABASE = "pgbench";
  private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

  /** Branches: more than clients, so that these do not wait for each other's. */
  private static final int SCALE = 50;

  private final Postgres postgres;

  PgBench(Postgres postgres) throws SQLException {
    this.postgres = postgres;
    postgres.create(DATABASE);
    run("-i", "-q", "-s", "" + SCALE);
  }

  /** A run of each number of clients. */
  List<Row> run(Options options) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (int clients : List.of(8, 16, 32)) {
      load(clients, options.warmUp());
      Path log = postgres.home().resolve("pgbench-" + clients);
      String said = load(clients, options.seconds(), "-l", "--log-prefix=" + log);
      Matcher tps = TPS.matcher(said);
      if (!tps.find()) {
        throw new NotAvailableException("pgbench: " + said);
      }
      Histogram latencies = latencies(log);
      rows.add(
          new Row(
              "pgbench",
              WORKLOAD,
              clients + " clients",
              clients,
              Double.parseDouble(tps.group(1)),
              Outcome.millis(latencies, 50),
              Outcome.millis(latencies, 99),
              Outcome.millis(latencies, 99.9),
              0,
              0,
              ""));
    }
    return rows;
  }

  private String load(int clients, double seconds, String... more) {
    long whole = Math.max(1, Math.round(seconds));
    List<String> arguments =
        new ArrayList<>(
            List.of("-n", "-M", "prepared", "-c", "" + clients, "-j", "2", "-T", "" + whole));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  private String run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("-h", "" + postgres.home(), "-p", "" + postgres.port(), "-U", "postgres"));
    all.add(DATABASE);
    return postgres.run("pgbench", all.toArray(String[]::new));
  }

  /** Each thread's file has a line for each transaction; its third word is microseconds. */
  private static Histogram latencies(Path log) throws IOException {
    Histogram latencies = Tally.histogram();
    String prefix = String.format(Locale.ROOT, "%s.", log.getFileName());
    try (Stream<Path> files = Files.list(log.getParent())) {
      for (Path file : files.filter(each -> named(each, prefix)).toList()) {
        for (String line : Files.readAllLines(file)) {
          latencies.recordValue(Long.parseLong(line.split(" ")[2]) * 1000);
        }
      }
    }
    return latencies;
  }

  private static boolean named(Path file, String prefix) {
    return file.getFileName().toString().startsWith(prefix);
  }
}
