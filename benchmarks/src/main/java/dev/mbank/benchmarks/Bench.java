package dev.mbank.benchmarks;

import dev.mbank.benchmarks.Target.Server;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.TimeUnit;
import org.springframework.util.FileSystemUtils;

/** `make bench`: starts what it compares, one after the other, loads it and tells what it did. */
final class Bench {
  private static final long LONGEST = TimeUnit.MINUTES.toMillis(14);
  private static final Path OUTPUT = Path.of("target", "bench");

  private final Options options;
  private final Path folder;
  private final Children children;
  private final SslContext tls;
  private final Results results = new Results();

  private Bench(Options options) throws Exception {
    this.options = options;
    folder = Files.createTempDirectory("mbank-bench");
    // PostgreSQL's user has to get through.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    children = new Children(() -> FileSystemUtils.deleteRecursively(folder.toFile()));
    Tls.makeFiles(folder);
    tls = Tls.client(folder);
    Files.createDirectories(OUTPUT);
  }

  public static void main(String[] words) throws Exception {
    Timer timer = new Timer(true);
    timer.schedule(
        new TimerTask() {
          @Override
          public void run() {
            System.out.println("FAULT: not done after 14 minutes");
            System.exit(1);
          }
        },
        LONGEST);
    int status = 1;
    try {
      Bench bench = new Bench(Options.of(words));
      bench.measureAll();
      bench.report();
      status = bench.results.faults.isEmpty() ? 0 : 1;
    } catch (IllegalArgumentException e) {
      System.out.println("bench: " + e.getMessage());
    } catch (Exception | Error e) { // Said here, for the end comes before anybody else says it.
      e.printStackTrace();
    } finally {
      System.exit(status); // Netty's and pools' threads would live on.
    }
  }

  private void measureAll() throws Exception {
    if (options.targets().contains("echo")) {
      measure(Target.echo(folder));
    }
    if (options.targets().contains("sqlite")) {
      results.commit("sqlite", Commit.sqlite(sqlite("before.db"), commitSeconds()));
      measure(bank("sqlite", 1, Map.of("DATABASE_URL", sqlite("bank.db"))));
      results.commit("sqlite", Commit.sqlite(sqlite("after.db"), commitSeconds()));
    }
    Set<String> rest = Set.of("pgbench", "plain", "postgresql", "postgresql-2");
    if (options.targets().stream().anyMatch(rest::contains)) {
      try (Postgres postgres = new Postgres(children, folder)) {
        measureAll(postgres);
      } catch (NotAvailableException e) {
        rest.stream()
            .filter(options.targets()::contains)
            .forEach(target -> results.notAvailable(target, e.getMessage()));
      }
    }
  }

  private void measureAll(Postgres postgres) throws Exception {
    results.postgres = postgres.version();
    if (options.targets().contains("pgbench")) {
      new PgBench(postgres).run(options).forEach(results::add);
    }
    if (options.targets().contains("plain")) {
      postgres.create("plain");
      List<String> arguments = List.of(folder.toString(), postgres.url("plain"));
      measure(Target.own("plain", true, folder, PlainServer.class, arguments));
    }
    if (options.targets().contains("postgresql")) {
      postgres.create("before");
      results.commit("postgresql", Commit.postgresql(postgres.url("before"), commitSeconds()));
      postgres.create("bank");
      measure(bank("postgresql", 1, postgres.variables("bank")));
      postgres.create("after");
      results.commit("postgresql", Commit.postgresql(postgres.url("after"), commitSeconds()));
    }
    if (options.targets().contains("postgresql-2")) {
      postgres.create("banks");
      measure(bank("postgresql-2", 2, postgres.variables("banks")));
    }
  }

  private double commitSeconds() {
    return Math.min(2, options.seconds());
  }

  private String sqlite(String file) {
    return "jdbc:sqlite:" + folder.resolve(file);
  }

  private Target bank(String name, int count, Map<String, String> database) {
    return Target.bank(name, count, folder, database, options.profile());
  }

  private void measure(Target target) throws Exception {
    Measurement measurement = new Measurement(options, children, tls, results, target);
    measurement.run();
    for (Server each : target.servers()) {
      Path recording = folder.resolve(each.name() + ".jfr");
      if (Files.exists(recording)) {
        Path kept = OUTPUT.resolve(recording.getFileName());
        Files.move(recording, kept, StandardCopyOption.REPLACE_EXISTING);
        String profile = Profile.of(kept, measurement.begin(), measurement.end());
        Files.writeString(OUTPUT.resolve(each.name() + ".profile.txt"), profile);
        System.out.println(each.name() + ", the whole in benchmarks/" + kept + ":\n" + profile);
      }
    }
  }

  private void report() throws Exception {
    String report = Report.of(results, options, folder);
    System.out.println(report);
    Path output = options.isWhole() ? Path.of("") : OUTPUT;
    Files.writeString(output.resolve("RESULTS.md"), report);
    Files.writeString(output.resolve("RESULTS.svg"), Plot.of(results));
  }
}
