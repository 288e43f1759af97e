package dev.mbank.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Debian's Prometheus, on a free port, in a folder of the test. */
final class PrometheusProcess implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("\"Listening on\" address=(\\S+)");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;
  private String address = "";

  private PrometheusProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Whether programs are on the path. */
  static boolean isInstalled(String... programs) {
    String[] path = System.getenv("PATH").split(File.pathSeparator, -1);
    return Stream.of(programs)
        .allMatch(
            program ->
                Stream.of(path).anyMatch(each -> Files.isExecutable(Path.of(each, program))));
  }

  /** Starts it with a configuration, and waits until it is ready. */
  static PrometheusProcess start(Path folder, String configuration) throws IOException {
    Path file = Files.writeString(folder.resolve("prometheus.yml"), configuration);
    Path log = folder.resolve("prometheus.log");
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                "--web.listen-address=127.0.0.1:0")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    PrometheusProcess started = new PrometheusProcess(process, log);
    try {
      started.awaitReady();
    } catch (RuntimeException | Error e) {
      started.close();
      throw e;
    }
    return started;
  }

  private void awaitReady() {
    await()
        .atMost(PATIENCE)
        .until(() -> !process.isAlive() || log().contains("ready to receive web requests"));
    Matcher listening = LISTENING.matcher(log());
    assertThat(process.isAlive() && listening.find()).as("ready: %s", log()).isTrue();
    address = listening.group(1);
  }

  /** What an expression evaluates to now: of each series one sample. */
  List<JsonNode> query(String expression) {
    return list(get("query?query=" + encoded(expression)).get("result"));
  }

  /** The series that a selector matches, by their labels. */
  List<JsonNode> series(String selector) {
    return list(get("series?match[]=" + encoded(selector)));
  }

  /** All rules that are loaded. */
  List<JsonNode> rules() {
    return list(get("rules").get("groups")).stream()
        .flatMap(group -> list(group.get("rules")).stream())
        .toList();
  }

  /** The {@code data} of an answer; an expression that does not parse fails with its error. */
  private JsonNode get(String path) {
    URI uri = URI.create("http://" + address + "/api/v1/" + path);
    try {
      JsonNode answer =
          JsonMapper.shared()
              .readTree(
                  http.send(
                          HttpRequest.newBuilder(uri).timeout(PATIENCE).build(),
                          HttpResponse.BodyHandlers.ofString())
                      .body());
      assertThat(answer.path("status").asString()).as("%s: %s", path, answer).isEqualTo("success");
      return answer.get("data");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private static List<JsonNode> list(JsonNode array) {
    List<JsonNode> list = new ArrayList<>();
    array.forEach(list::add);
    return list;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().onExit().join();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
