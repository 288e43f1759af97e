package dev.mbank.server;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.type.Money;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCrls;
import dev.mbank.v1.WithdrawRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The dashboard and the rules of {@code helm/}, in a real Prometheus that scrapes the real server
 * while it is called, refuses, denies and is hurt: each expression has to find what it looks for.
 */
class MonitoringIT {
  private static final Issued CA = TestCertificates.authority("mbank test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);
  private static final Issued STRANGER =
      TestCertificates.client("spiffe://mbank.local/stranger").issuedBy(CA);

  private static final Path RULES = Path.of("../helm/mbank/rules/mbank.yml");
  private static final Path RULE_TESTS = Path.of("../helm/tests/rules");
  private static final Duration SOON = Duration.ofSeconds(90);

  /** A metric, or what a rule records, with its matchers. */
  private static final Pattern SELECTOR =
      Pattern.compile(
          "\\b(up|(mbank|grpc|jvm|process|system|logback)_[a-z_]+|job:[a-z_:0-9]+)\\b(\\{[^}]*\\})?");

  /** A target where nobody listens. */
  private static final String DEAD = "127.0.0.1:1";

  @TempDir static Path folder;
  private static ServerProcess server;
  private static PrometheusProcess prometheus;
  private static TestClient client;
  private static TestClient stranger;
  private static SteadyLoad load;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        PrometheusProcess.isInstalled("prometheus", "promtool"),
        "NOT TESTED: there is no prometheus and promtool here (Debian's package: prometheus)");
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    Path lists = Files.writeString(folder.resolve("ca.crl"), TestCrls.of(CA));
    server =
        ServerProcess.start(
            folder,
            Map.of(
                "CA_FILE", "ca.crt",
                "CERT_FILE", "server.crt",
                "KEY_FILE", "server.key",
                "CRL_FILE", lists.toString()),
            // Small, so that there is garbage to be collected.
            "-Xmx128m");
    int port = server.awaitReady();
    prometheus =
        PrometheusProcess.start(
            folder,
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: ["%s"]
            scrape_configs:
              - job_name: bank
                metrics_path: /actuator/prometheus
                static_configs: [{targets: ["127.0.0.1:%d", "%s"]}]
            """
                .formatted(RULES.toAbsolutePath().normalize(), server.managementPort(), DEAD));
    client = TestClient.trusting(CA, CLIENT, port);
    stranger = TestClient.trusting(CA, STRANGER, port);
    var unused = client.bank().createAccount(TestClient.opening("busy"));
    load = new SteadyLoad(client.channel(), "busy");
    assertRefused("ACCOUNT_NOT_FOUND", client, "absent");
    assertRefused("INSUFFICIENT_FUNDS", client, "busy");
    assertRefused("UNKNOWN_IDENTITY", stranger, "busy");
    assertThat(BareTls.of(port, CA, null).refusal()).isEqualTo("certificate_required");
  }

  private static void assertRefused(String reason, TestClient caller, String account) {
    WithdrawRequest request =
        WithdrawRequest.newBuilder()
            .setRequestId(UUID.randomUUID().toString())
            .setAccountId(account)
            .setAmount(Money.newBuilder().setCurrencyCode("EUR").setUnits(1_000_000_000_000L))
            .build();
    assertThat(
            TestClient.reason(
                catchThrowableOfType(
                    StatusRuntimeException.class, () -> caller.bank().withdraw(request))))
        .isEqualTo(reason);
  }

  @AfterAll
  static void stop() {
    for (AutoCloseable each : new AutoCloseable[] {load, client, stranger, prometheus, server}) {
      try {
        if (each != null) {
          each.close();
        }
      } catch (Exception e) {
        throw new AssertionError(each + " did not close", e);
      }
    }
  }

  @Test
  void dashboard_everyExpressionOfAPanel_hasData() {
    Dashboard dashboard = dashboard();
    assertThat(dashboard.expressions()).hasSizeGreaterThan(30);

    await()
        .atMost(SOON)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () ->
                assertThat(dashboard.expressions())
                    .allSatisfy(
                        (where, expression) ->
                            assertThat(prometheus.query(expression))
                                .as("%s: %s", where, expression)
                                .anySatisfy(MonitoringIT::assertNumber)));
  }

  /** It marks starts, and there may be none in sight: so it only has to be understood. */
  @Test
  void dashboard_annotations_parse() {
    assertThat(dashboard().annotations())
        .isNotEmpty()
        .allSatisfy(expression -> assertThat(prometheus.query(expression)).isNotNull());
  }

  @Test
  void dashboard_andRules_selectOnlyWhatTheServerExports() {
    List<String> expressions = new ArrayList<>(dashboard().expressions().values());
    expressions.addAll(dashboard().annotations());
    prometheus.rules().forEach(rule -> expressions.add(rule.get("query").asString()));
    assertThat(expressions).allMatch(each -> SELECTOR.matcher(each).find());
    TreeSet<String> selectors =
        expressions.stream()
            .flatMap(each -> SELECTOR.matcher(each).results())
            .map(found -> found.group())
            .collect(toCollection(TreeSet::new));
    assertThat(selectors).hasSizeGreaterThan(50);

    await()
        .atMost(SOON)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () ->
                assertThat(selectors)
                    .allSatisfy(each -> assertThat(prometheus.series(each)).as(each).isNotEmpty()));
  }

  @Test
  void rules_allAreEvaluated_andRecordsHaveData() {
    await().atMost(SOON).untilAsserted(MonitoringIT::assertEvaluated);

    assertThat(prometheus.rules())
        .filteredOn(rule -> rule.get("type").asString().equals("recording"))
        .isNotEmpty()
        .allSatisfy(
            rule ->
                assertThat(prometheus.query(rule.get("name").asString()))
                    .anySatisfy(MonitoringIT::assertNumber));
  }

  private static void assertEvaluated() {
    assertThat(prometheus.rules())
        .hasSizeGreaterThan(20)
        .allSatisfy(
            rule -> {
              assertThat(rule.path("health").asString()).as("%s", rule).isEqualTo("ok");
              assertThat(rule.path("lastError").asString("")).as("%s", rule).isEmpty();
            });
  }

  @Test
  void alert_targetThatDoesNotAnswer_isOnItsWay() {
    String alert =
        "ALERTS{alertname=\"MbankServerDown\", severity=\"critical\", instance=\"" + DEAD + "\"}";

    await().atMost(SOON).until(() -> !prometheus.query(alert).isEmpty());

    assertThat(prometheus.query("ALERTS{alertname=\"MbankServerDown\"}")).hasSize(1);
  }

  @Test
  void rules_passTheirUnitTests() throws Exception {
    promtool("check", "rules", RULES.toString());
    List<String> arguments = new ArrayList<>(List.of("test", "rules"));
    try (Stream<Path> tests = Files.list(RULE_TESTS)) {
      tests.map(Path::toString).sorted().forEach(arguments::add);
    }
    promtool(arguments.toArray(String[]::new));
  }

  private static void promtool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Path output = folder.resolve("promtool");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended).as("%s ended", command).isTrue();
    assertThat(process.exitValue()).as("%s: %s", command, Files.readString(output)).isZero();
  }

  /** With the variables as Grafana would fill them in. */
  private static Dashboard dashboard() {
    await().atMost(SOON).until(() -> !prometheus.series("mbank_ready").isEmpty());
    JsonNode found = prometheus.series("mbank_ready").get(0);
    return Dashboard.read(
        Map.of(
            "$job", found.get("job").asString(),
            "$instance", found.get("instance").asString(),
            "$__rate_interval", "10s"));
  }

  private static void assertNumber(JsonNode sample) {
    assertThat(sample.get("value").get(1).asString()).isNotEqualTo("NaN");
  }
}
