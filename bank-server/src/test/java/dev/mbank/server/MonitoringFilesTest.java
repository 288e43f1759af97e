package dev.mbank.server;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;

/** What of the monitoring in {@code helm/} can be seen without a Prometheus. */
class MonitoringFilesTest {
  private static final Path HELM = Path.of("../helm");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)]+)\\)");
  private static final Path RUNBOOKS = HELM.resolve("runbooks");

  @Test
  void alerts_eachTellsWhatItIsAndHasAPage_andEachPageAnAlert() throws IOException {
    Set<String> pages = new TreeSet<>();
    for (Map<?, ?> alert : alerts()) {
      String name = (String) alert.get("alert");
      Map<?, ?> annotations = (Map<?, ?>) alert.get("annotations");
      assertThat(severity(alert)).as(name).isIn("critical", "warning");
      assertThat((String) annotations.get("summary")).as(name).isNotBlank();
      assertThat((String) annotations.get("description")).as(name).isNotBlank();
      assertThat(annotations.get("runbook_url")).isEqualTo("helm/runbooks/" + name + ".md");
      pages.add(name + ".md");
    }
    pages.add("README.md");

    assertThat(pages).hasSizeGreaterThan(15).isEqualTo(new TreeSet<>(names(RUNBOOKS)));
  }

  @Test
  void runbooks_sayWhatItMeansWhatToDoAndWhenItIsOver() throws IOException {
    for (String page : names(RUNBOOKS)) {
      String text = Files.readString(RUNBOOKS.resolve(page));
      if (!page.equals("README.md")) {
        assertThat(text)
            .as(page)
            .startsWith("# " + page.replace(".md", "") + "\n")
            .containsSubsequence("## Meaning", "## Impact", "## Look", "## Do", "## Over");
      }
      assertThat(LINK.matcher(text).results().map(found -> found.group(1)))
          .as(page)
          .allMatch(link -> Files.exists(RUNBOOKS.resolve(link)));
    }
  }

  @Test
  void alerts_eachFiresInAUnitTestAndDoesNotInAnother() throws IOException {
    Set<String> all = alerts().stream().map(each -> key(each.get("alert"), each)).collect(toSet());
    Set<String> fire = new TreeSet<>();
    Set<String> quiet = new TreeSet<>();
    for (String file : names(HELM.resolve("tests/rules"))) {
      Map<?, ?> tests = yaml(HELM.resolve("tests/rules").resolve(file));
      for (Map<?, ?> test : maps(tests.get("tests"))) {
        for (Map<?, ?> each : maps(test.get("alert_rule_test"))) {
          Set<String> expected =
              maps(each.get("exp_alerts")).stream()
                  .map(alert -> (Map<?, ?>) alert.get("exp_labels"))
                  .map(labels -> each.get("alertname") + " " + labels.get("severity"))
                  .collect(toSet());
          fire.addAll(expected);
          for (String alert : all) {
            if (alert.startsWith(each.get("alertname") + " ") && !expected.contains(alert)) {
              quiet.add(alert);
            }
          }
        }
      }
    }

    assertThat(fire).containsExactlyInAnyOrderElementsOf(all);
    assertThat(quiet).containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void dashboard_isOneThatGrafanaTakes() {
    JsonNode dashboard = Dashboard.json();
    assertThat(dashboard.get("uid").asString()).isEqualTo("mbank");
    Set<Integer> ids = new TreeSet<>();
    Set<String> cells = new TreeSet<>();
    for (JsonNode panel : dashboard.get("panels")) {
      String title = panel.get("title").asString();
      assertThat(ids.add(panel.get("id").asInt())).as("the id of %s is its own", title).isTrue();
      JsonNode place = panel.get("gridPos");
      for (int x = place.get("x").asInt();
          x < place.get("x").asInt() + place.get("w").asInt();
          x++) {
        assertThat(x).as(title).isLessThan(24);
        for (int y = 0; y < place.get("h").asInt(); y++) {
          String cell = x + " " + (place.get("y").asInt() + y);
          assertThat(cells.add(cell)).as("%s covers another panel", title).isTrue();
        }
      }
      for (JsonNode target : panel.path("targets")) {
        assertThat(target.at("/datasource/uid").asString()).isEqualTo("${datasource}");
      }
    }
    assertThat(ids).hasSizeGreaterThan(30);
  }

  private static List<Map<?, ?>> alerts() throws IOException {
    return maps(yaml(HELM.resolve("mbank/rules/mbank.yml")).get("groups")).stream()
        .flatMap(group -> maps(group.get("rules")).stream())
        .filter(rule -> rule.containsKey("alert"))
        .toList();
  }

  private static String key(Object name, Map<?, ?> alert) {
    return name + " " + severity(alert);
  }

  private static Object severity(Map<?, ?> alert) {
    return ((Map<?, ?>) alert.get("labels")).get("severity");
  }

  private static Map<?, ?> yaml(Path file) throws IOException {
    return new Yaml().load(Files.readString(file));
  }

  private static List<Map<?, ?>> maps(Object list) {
    List<Map<?, ?>> maps = new ArrayList<>();
    ((List<?>) list).forEach(each -> maps.add((Map<?, ?>) each));
    return maps;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
