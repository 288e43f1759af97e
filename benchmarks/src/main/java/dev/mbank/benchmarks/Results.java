package dev.mbank.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What was measured, told as it comes. */
final class Results {
  final List<Row> rows = new ArrayList<>();
  final List<Overload> overloads = new ArrayList<>();

  /** How long one commit of a bare database takes, in milliseconds, by the target that uses it. */
  final Map<String, Double> commits = new LinkedHashMap<>();

  /** How many threads wanted to run before any of ours did. */
  final double loadBefore = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();

  /** The version of PostgreSQL, or nothing if there is none. */
  String postgres = "";

  /** What could not be had, and why. */
  final Map<String, String> absent = new LinkedHashMap<>();

  /** What the books had at the end of each target. */
  final List<String> books = new ArrayList<>();

  /** Why the run is no good. */
  final List<String> faults = new ArrayList<>();

  /**
   * A target under more load than it can carry.
   *
   * @param best good answers a second in its best closed loop
   * @param sent calls a second that were sent
   * @param accepted good answers a second
   * @param refusedP99 how long refusals took, in milliseconds
   */
  record Overload(
      String target,
      double best,
      double sent,
      double accepted,
      long refused,
      double refusedP99,
      double acceptedP99) {}

  void add(Row row) {
    rows.add(row);
    System.out.printf(
        Locale.ROOT,
        "%-13s %-11s %-16s %8.0f/s  p50 %8.2f  p99 %8.2f  p99.9 %8.2f ms %s%s%n",
        row.target(),
        row.workload(),
        row.load(),
        row.perSecond(),
        row.p50(),
        row.p99(),
        row.p999(),
        row.refused() > 0 ? " " + row.refused() + " refused" : "",
        row.note());
  }

  /** Takes the shorter of two: a disk that was busy once must not excuse the bank. */
  void commit(String target, double millis) {
    commits.merge(target, millis, Math::min);
  }

  void fault(String target, String what) {
    String line = "FAULT: " + target + ": " + what;
    faults.add(line);
    System.out.println(line);
  }

  void books(String line) {
    books.add(line);
    System.out.println(line);
  }

  void notAvailable(String target, String reason) {
    absent.put(target, reason);
    System.out.println(target + ": not available: " + reason);
  }

  Optional<Row> row(String target, String workload, int inFlight) {
    return rows.stream().filter(row -> row.is(target, workload, inFlight)).findFirst();
  }

  /** A target's best in a closed loop. */
  Optional<Row> best(String target, String workload) {
    return rows.stream()
        .filter(row -> row.is(target, workload, row.inFlight()) && row.inFlight() > 0)
        .max((one, other) -> Double.compare(one.perSecond(), other.perSecond()));
  }
}
