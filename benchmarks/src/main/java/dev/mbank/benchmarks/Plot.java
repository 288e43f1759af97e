package dev.mbank.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Transfers a second over how many are in flight, both axes logarithmic. */
final class Plot {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 440;
  private static final int LEFT = 70;
  private static final int RIGHT = WIDTH - 130;
  private static final int TOP = 45;
  private static final int BOTTOM = HEIGHT - 50;
  private static final double LEAST = 100;
  private static final double MOST = 200_000;
  private static final double MOST_IN_FLIGHT = 2048;

  private static final List<String> TARGETS =
      List.of("echo", "sqlite", "postgresql", "postgresql-2", "plain");
  private static final List<String> COLOURS =
      List.of("#7f7f7f", "#1f77b4", "#2ca02c", "#9467bd", "#d62728");
  private static final String PGBENCH_COLOUR = "#ff7f0e";
  private static final int LABEL_HEIGHT = 15;

  private final StringBuilder svg = new StringBuilder();
  private final List<Label> labels = new ArrayList<>();

  /** The name of a line, where the line ends. */
  private record Label(String text, String colour, double y) {}

  private Plot() {}

  static String of(Results results) {
    Plot plot = new Plot();
    plot.frame();
    for (int i = 0; i < TARGETS.size(); i++) {
      plot.line(results, TARGETS.get(i), COLOURS.get(i));
    }
    results
        .best("pgbench", PgBench.WORKLOAD)
        .ifPresent(
            best -> {
              double y = y(best.perSecond());
              plot.add(
                  "<line x1='%d' y1='%.1f' x2='%d' y2='%.1f' stroke='%s' stroke-dasharray='6 4'/>",
                  LEFT, y, RIGHT, y, PGBENCH_COLOUR);
              plot.labels.add(new Label("pgbench, its best", PGBENCH_COLOUR, y));
            });
    plot.labels();
    plot.svg.append("</svg>\n");
    return plot.svg.toString();
  }

  private void frame() {
    add(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'"
            + " font-size='12'>",
        WIDTH, HEIGHT);
    add("<rect width='100%%' height='100%%' fill='white'/>");
    add("<text x='%d' y='22' font-size='15'>Transfers a second, mutual TLS 1.3</text>", LEFT);
    for (double decade = LEAST; decade <= MOST; decade *= 10) {
      for (int step : new int[] {1, 2, 5}) {
        double value = decade * step;
        if (value <= MOST) {
          add(
              "<line x1='%d' y1='%.1f' x2='%d' y2='%.1f' stroke='%s'/>",
              LEFT, y(value), RIGHT, y(value), step == 1 ? "#bbbbbb" : "#eeeeee");
          add(
              "<text x='%d' y='%.1f' text-anchor='end'>%s</text>",
              LEFT - 8, y(value) + 4, value < 1000 ? "%.0f".formatted(value) : thousands(value));
        }
      }
    }
    for (int level : Options.LEVELS) {
      add(
          "<line x1='%.1f' y1='%d' x2='%.1f' y2='%d' stroke='#eeeeee'/>",
          x(level), TOP, x(level), BOTTOM);
      add("<text x='%.1f' y='%d' text-anchor='middle'>%d</text>", x(level), BOTTOM + 18, level);
    }
    add(
        "<text x='%d' y='%d' text-anchor='middle'>in flight</text>",
        (LEFT + RIGHT) / 2, BOTTOM + 38);
  }

  private void line(Results results, String target, String colour) {
    List<Row> rows =
        results.rows.stream()
            .filter(row -> row.is(target, Workload.TRANSFERS.label(), row.inFlight()))
            .filter(row -> row.inFlight() > 0)
            .toList();
    if (rows.isEmpty()) {
      return;
    }
    StringBuilder points = new StringBuilder();
    for (Row row : rows) {
      double x = x(row.inFlight());
      double y = y(row.perSecond());
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
      add("<circle cx='%.1f' cy='%.1f' r='3.5' fill='%s'/>", x, y, colour);
    }
    add(
        "<polyline points='%s' fill='none' stroke='%s' stroke-width='2'/>",
        points.toString().strip(), colour);
    labels.add(new Label(target, colour, y(rows.get(rows.size() - 1).perSecond())));
  }

  /** Beside the ends of the lines, from the top, and none over another. */
  private void labels() {
    labels.sort((one, other) -> Double.compare(one.y(), other.y()));
    double free = TOP;
    for (Label label : labels) {
      double y = Math.max(label.y(), free);
      free = y + LABEL_HEIGHT;
      add(
          "<text x='%d' y='%.1f' fill='%s'>%s</text>",
          RIGHT + 10, y + 4, label.colour(), label.text());
    }
  }

  private static String thousands(double value) {
    return "%.0fk".formatted(value / 1000);
  }

  private static double x(double inFlight) {
    return LEFT + (RIGHT - LEFT) * Math.log(inFlight) / Math.log(MOST_IN_FLIGHT);
  }

  private static double y(double perSecond) {
    double share = Math.log(Math.max(perSecond, LEAST) / LEAST) / Math.log(MOST / LEAST);
    return BOTTOM - (BOTTOM - TOP) * share;
  }

  private void add(String element, Object... values) {
    svg.append(String.format(Locale.ROOT, element, values)).append('\n');
  }
}
