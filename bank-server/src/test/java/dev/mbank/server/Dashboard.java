package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The Grafana dashboard of {@code helm/}.
 *
 * @param expressions of the panels, by the panel's title and the expression's letter
 * @param annotations expressions of what is marked in every panel
 */
record Dashboard(Map<String, String> expressions, List<String> annotations) {
  private static final Path FILE = Path.of("../helm/mbank/dashboards/mbank.json");

  static JsonNode json() {
    return JsonMapper.shared().readTree(FILE.toFile());
  }

  /**
   * Reads it.
   *
   * @param variables what to put in their places; another that is used is an error
   */
  static Dashboard read(Map<String, String> variables) {
    JsonNode json = json();
    Map<String, String> expressions = new TreeMap<>();
    for (JsonNode panel : json.get("panels")) {
      for (JsonNode target : panel.path("targets")) {
        String where = panel.get("title").asString() + " " + target.get("refId").asString();
        String before = expressions.put(where, filled(target, variables));
        assertThat(before).as("another panel %s", where).isNull();
      }
    }
    List<String> annotations = new ArrayList<>();
    json.at("/annotations/list").forEach(each -> annotations.add(filled(each, variables)));
    return new Dashboard(expressions, annotations);
  }

  private static String filled(JsonNode from, Map<String, String> variables) {
    String expression = from.get("expr").asString();
    for (Map.Entry<String, String> each : variables.entrySet()) {
      expression = expression.replace(each.getKey(), each.getValue());
    }
    return assertThat(expression).doesNotContain("$").actual();
  }
}
