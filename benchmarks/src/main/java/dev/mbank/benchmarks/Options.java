package dev.mbank.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is asked for. A word that names a target, a workload or how many calls are in flight leaves
 * out all others of its kind.
 */
record Options(
    double seconds,
    Set<String> targets,
    Set<String> workloads,
    Set<Integer> levels,
    boolean profile) {

  static final List<String> TARGETS =
      List.of("echo", "sqlite", "pgbench", "plain", "postgresql", "postgresql-2");
  static final List<String> WORKLOADS =
      List.of("transfers", "deposits", "hot", "reads", "mix", "open", "overload");
  static final List<Integer> LEVELS = List.of(1, 8, 64, 512, 2048);

  static Options of(String... words) {
    List<String> given = List.of(words);
    for (String word : given) {
      if (!TARGETS.contains(word)
          && !WORKLOADS.contains(word)
          && !word.matches("[1-9][0-9]{0,4}")) {
        throw new IllegalArgumentException(
            word + " (expected: of " + TARGETS + ", " + WORKLOADS + " or a number of calls)");
      }
    }
    return new Options(
        Double.parseDouble(System.getProperty("bench.seconds", "5")),
        chosen(given, TARGETS),
        chosen(given, WORKLOADS),
        levels(given),
        Boolean.getBoolean("bench.profile"));
  }

  /** Whether all is asked for, at its usual length. */
  boolean isWhole() {
    return seconds >= 5
        && targets.size() == TARGETS.size()
        && workloads.size() == WORKLOADS.size()
        && levels.size() == LEVELS.size();
  }

  /** Before each measurement. */
  double warmUp() {
    return Math.min(2, seconds);
  }

  private static Set<String> chosen(List<String> given, List<String> all) {
    List<String> named = new ArrayList<>(all);
    named.retainAll(given);
    return Set.copyOf(named.isEmpty() ? all : named);
  }

  private static Set<Integer> levels(List<String> given) {
    Set<Integer> named =
        given.stream()
            .filter(word -> Character.isDigit(word.charAt(0)))
            .map(Integer::valueOf)
            .collect(Collectors.toUnmodifiableSet());
    return named.isEmpty() ? Set.copyOf(LEVELS) : named;
  }
}
