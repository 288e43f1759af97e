package dev.mbank.benchmarks;

import dev.mbank.benchmarks.Children.Child;
import dev.mbank.benchmarks.LoadGenerator.Times;
import dev.mbank.benchmarks.Target.Server;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.util.FileSystemUtils;

/**
 * `make bench-soak`: one bank, on SQLite, for long. It tells whether its heap grows, and, beside a
 * bank that is empty, whether a long journal makes it slow.
 */
final class Soak {
  private static final int CONNECTIONS = 4;
  private static final int IN_FLIGHT = 512;
  private static final double ROUND = 30;
  private static final double TURN = 5;
  private static final int TURNS = 7;
  private static final double WARM_UP = 20;

  /** What a class histogram ends with, after a full collection: all that lives. */
  private static final Pattern LIVE = Pattern.compile("(?m)^Total +[0-9]+ +([0-9]+)");

  private final Path folder;
  private final Children children;
  private final SslContext tls;
  private final List<String> faults = new ArrayList<>();

  private Soak() throws Exception {
    folder = Files.createTempDirectory("mbank-soak");
    children = new Children(() -> FileSystemUtils.deleteRecursively(folder.toFile()));
    Tls.makeFiles(folder);
    tls = Tls.client(folder);
  }

  public static void main(String[] words) {
    int status = 1;
    try {
      long least = Long.getLong("soak.transactions", 10_000_000);
      double minutes = Double.parseDouble(System.getProperty("soak.minutes", "10"));
      Soak soak = new Soak();
      soak.run(least, minutes);
      soak.faults.forEach(each -> say("FAULT: %s", each));
      status = soak.faults.isEmpty() ? 0 : 1;
    } catch (Exception | Error e) { // Said here, for the end comes before anybody else says it.
      e.printStackTrace();
    } finally {
      System.exit(status); // Netty's and pools' threads would live on.
    }
  }

  private void run(long least, double minutes) throws Exception {
    try (Bank full = new Bank("full")) {
      List<Long> live = full.fill(least, minutes);
      long early = median(live.subList(0, Math.max(1, live.size() / 3)));
      long late = median(live.subList(2 * live.size() / 3, live.size()));
      try (Bank empty = new Bank("empty")) {
        empty.turn(WARM_UP);
        compare(full, empty);
        empty.check();
      }
      full.check();
      tell(
          "live heap, MB, of its last third", late / 1e6, "of its first", early / 1e6, late, early);
    }
  }

  /** Turn by turn, so that whatever else the machine does falls on both. */
  private static void compare(Bank full, Bank empty) {
    List<Long> before = new ArrayList<>();
    List<Long> after = new ArrayList<>();
    for (int i = 0; i < TURNS; i++) {
      before.add(Math.round(empty.turn(TURN)));
      after.add(Math.round(full.turn(TURN)));
    }
    long slow = median(after);
    long fast = median(before);
    tell("transfers a second, long journal", slow, "empty", fast, slow, fast);
  }

  private static void tell(
      String what, double value, String beside, double other, double part, double whole) {
    say("%s: %,.0f; %s: %,.0f; ratio %.2f", what, value, beside, other, part / whole);
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  /** A bank that runs, and its load. */
  private final class Bank implements AutoCloseable {
    private final String name;
    private final Child child;
    private final Acknowledged acknowledged = new Acknowledged();
    private final LoadGenerator load;

    Bank(String name) throws Exception {
      this.name = name;
      Map<String, String> database = Map.of("DATABASE_URL", "jdbc:sqlite:" + file());
      Server server = Target.bank(name, 1, folder, database, false).servers().get(0);
      child = server.starter().start(children, name);
      int port = Integer.parseInt(child.await(server.ready()).group(1));
      load = new LoadGenerator(List.of(port), tls, CONNECTIONS, acknowledged);
      load.once(Workload.OPEN);
      load.once(Workload.FUND);
    }

    private Path file() {
      return folder.resolve(name + ".db");
    }

    /** Until there are as many transactions, and as long; the live heap after each round. */
    List<Long> fill(long least, double minutes) {
      List<Long> live = new ArrayList<>();
      long begin = System.nanoTime();
      double passed = 0;
      while (acknowledged.writes() < least || passed < minutes) {
        double perSecond = turn(ROUND);
        passed = (System.nanoTime() - begin) / 60e9;
        live.add(liveBytes());
        say(
            "%5.1f min  %,12d transactions  %,8.0f/s  live heap %3d MB  journal %,6d MB",
            passed,
            acknowledged.writes(),
            perSecond,
            live.get(live.size() - 1) / 1_000_000,
            file().toFile().length() / 1_000_000);
      }
      return live;
    }

    /** Some seconds of load; how many transfers a second. */
    double turn(double seconds) {
      Outcome outcome = load.closedLoop(Workload.TRANSFERS, IN_FLIGHT, Times.starting(0, seconds));
      outcome.tally().failures().forEach((why, n) -> faults.add(name + ": " + n + " of " + why));
      return outcome.perSecond();
    }

    private long liveBytes() {
      List<String> command = List.of("jcmd", "" + child.process().pid(), "GC.class_histogram");
      Matcher total = LIVE.matcher(children.run(folder, "jcmd", command));
      if (!total.find()) {
        throw new IllegalStateException("jcmd tells no total");
      }
      return Long.parseLong(total.group(1));
    }

    void check() {
      Books books = load.books();
      String missing = books.faults(acknowledged);
      say(
          "%s: %,d writes acknowledged, %,d in the books, balances sum to %s",
          name,
          acknowledged.writes(),
          books.transactions(),
          books.sum().stripTrailingZeros().toPlainString());
      if (!missing.isEmpty()) {
        faults.add(name + ": " + missing);
      }
    }

    @Override
    public void close() {
      load.close();
      children.stop(child);
    }
  }
}
