package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.client.TraceCollector.Collected;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both jars as processes, and a collector in this one: what is traced, and what is not. */
class TracingIT {
  private static final Path CLIENT_JAR = Path.of("target/bank-client.jar");
  private static final Path SERVER_JAR = Path.of("../bank-server/target/bank-server.jar");
  private static final Pattern READY = Pattern.compile("bank-server ready: grpc \\S+:([0-9]+) \\(");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
  private static final String SQL = "db.query.text";
  private static final String CALL = "mbank.v1.BankService/";

  @TempDir private Path dir;
  private String sqlite;

  @BeforeEach
  void nameDatabase() {
    sqlite = "jdbc:sqlite:" + dir.resolve("bank.db");
  }

  @Test
  void trace_onSqlite_goesFromClientToStatement() throws Exception {
    try (var collector = new TraceCollector()) {
      bank(collector, sqlite, "0");

      requireTraces(collector);
    }
  }

  @Test
  void trace_onPostgres_goesFromClientToStatement() throws Exception {
    try (var collector = new TraceCollector();
        var postgres = EmbeddedPostgres.builder().start()) {
      bank(collector, postgres.getJdbcUrl("postgres", "postgres") + "&password=sesame", "1");

      requireTraces(collector);
    }
  }

  /**
   * Both programs end, so what they gathered is sent.
   *
   * @param ratio of traces that the server may begin, which does what its caller does all the same
   */
  private void bank(TraceCollector collector, String database, String ratio) throws Exception {
    Map<String, String> on = Map.of(ENDPOINT, collector.url());
    try (var server =
        new Server(database, Map.of(ENDPOINT, collector.url(), "OTEL_TRACES_SAMPLER_ARG", ratio))) {
      server.runClient(on).assertDone();
      server.terminate();
    }
  }

  private static void requireTraces(TraceCollector collector) {
    Collected transfer = only(collector.spans(each -> each.name().equals("Transfer")));
    assertThat(transfer.service()).isEqualTo("bank-client");
    assertThat(transfer.span().getParentSpanId().isEmpty()).isTrue();
    Collected attempt = only(collector.childrenOf(transfer));
    assertThat(attempt.name()).isEqualTo(CALL + "Transfer");
    assertThat(attempt.service()).isEqualTo("bank-client");
    assertThat(attempt.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_CLIENT);
    Collected call = only(collector.childrenOf(attempt));
    assertThat(call.name()).isEqualTo(CALL + "Transfer");
    assertThat(call.service()).isEqualTo("bank-server");
    assertThat(call.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_SERVER);
    assertThat(call.attribute("rpc.grpc.status_code")).isEqualTo("0");
    Collected batch = only(collector.childrenOf(call));
    assertThat(batch.name()).isEqualTo("commit");
    assertThat(batch.attribute("mbank.commit.commands")).isEqualTo("1");
    assertThat(collector.childrenOf(batch))
        .as("%s", collector.tree(transfer))
        .anyMatch(each -> each.attribute(SQL).startsWith("INSERT INTO journal_transaction"))
        .anyMatch(each -> each.name().equals("COMMIT") || each.attribute(SQL).equals("COMMIT"));

    Collected read = collector.spans(each -> each.name().equals("GetBalance")).get(0);
    Collected reading = only(collector.childrenOf(only(collector.childrenOf(read))));
    assertThat(reading.service()).isEqualTo("bank-server");
    assertThat(collector.childrenOf(reading))
        .as("%s", collector.tree(read))
        .anyMatch(each -> each.attribute(SQL).startsWith("SELECT"));

    assertThat(collector.spans(each -> each.attribute("rpc.grpc.status_code").equals("9")))
        .as("the overdraft, at the client and at the server")
        .extracting(each -> each.span().getStatus().getCode())
        .containsExactlyInAnyOrder(StatusCode.STATUS_CODE_ERROR, StatusCode.STATUS_CODE_UNSET);
    assertThat(collector.spans(each -> each.span().getParentSpanId().isEmpty()))
        .as("every trace begins with a call")
        .allMatch(each -> each.service().equals("bank-client"));
    requireDiscretion(collector);
  }

  /** What the demo sends is nowhere in what is told of it. */
  private static void requireDiscretion(TraceCollector collector) {
    assertThat(collector.spans()).hasSizeGreaterThan(40);
    assertThat(collector.spans())
        .extracting(Collected::told)
        .noneMatch(text -> text.contains("demo-") || text.contains("Alice"))
        .noneMatch(text -> text.contains("Salary") || text.contains("sesame"))
        .noneMatch(text -> text.matches("(?s).*\\b(5001|50[.]01)\\b.*"))
        .noneMatch(text -> text.matches("(?s).*[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-.*"));
    assertThat(collector.spans())
        .allMatch(each -> each.span().getEventsCount() == 0)
        .allMatch(each -> each.span().getStatus().getMessage().isEmpty());
  }

  @Test
  void commit_ofSeveralCalls_isLinkedToThem() throws Exception {
    try (var collector = new TraceCollector();
        var server =
            new Server(
                sqlite,
                Map.of(
                    ENDPOINT,
                    collector.url(),
                    "OTEL_TRACES_SAMPLER_ARG",
                    "1",
                    "OTEL_BSP_MAX_QUEUE_SIZE",
                    "100000",
                    "OTEL_BSP_SCHEDULE_DELAY",
                    "100"))) {
      server.openAccountsUntil(() -> !sharedCommits(collector).isEmpty());
      server.terminate();

      Collected commit = sharedCommits(collector).get(0);
      List<Collected> calls =
          collector.spans(each -> each.span().getKind() == SpanKind.SPAN_KIND_SERVER);
      List<Collected> linked = calls.stream().filter(commit::isLinkedTo).toList();
      assertThat(calls)
          .filteredOn(commit::isChildOf)
          .hasSize(1)
          .doesNotContainAnyElementsOf(linked);
      assertThat(commit.attribute("mbank.commit.commands")).isEqualTo("" + (linked.size() + 1));
      assertThat(linked).hasSize(commit.span().getLinksCount()).allMatch(e -> e.isLinkedTo(commit));
    }
  }

  private static List<Collected> sharedCommits(TraceCollector collector) {
    return collector.spans(each -> each.name().equals("commit") && each.span().getLinksCount() > 0);
  }

  /** Where to send traces is known here, but not that there are to be any. */
  @Test
  void trace_variableUnset_isNeitherMadeNorSent() throws Exception {
    try (var collector = new TraceCollector()) {
      Map<String, String> off =
          Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.url(), ENDPOINT, "");
      Path classes = dir.resolve("classes");
      try (var server = new Server(sqlite, off, "-Xlog:class+load:file=" + classes)) {
        server.runClient(off).assertDone();
        server.terminate();
      }

      assertThat(collector.requests()).isEmpty();
      assertThat(Files.readString(classes))
          .contains("dev.mbank.server.commit.GroupCommitWriter")
          .doesNotContain(
              "io.opentelemetry.sdk", "io.opentelemetry.instrumentation.jdbc.datasource");
    }
  }

  /** Nor at the end: a shutdown that waited for the exporter would outlast our patience. */
  @Test
  void bank_collectorThatNeverAnswers_isNotHeldUp() throws Exception {
    try (var hole = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Map<String, String> on =
          Map.of(
              ENDPOINT,
              "http://127.0.0.1:" + hole.getLocalPort(),
              "OTEL_EXPORTER_OTLP_TIMEOUT",
              "600000",
              "OTEL_BSP_EXPORT_TIMEOUT",
              "600000");
      try (var server = new Server(sqlite, on)) {
        Run run = server.runClient(on);

        assertThat(run.exitCode).isZero();
        assertThat(run.out).containsPattern("closing balance +50.00\n$");
        assertThat(run.err.lines()).singleElement().asString().contains("The last traces are lost");
        server.terminate();
        assertThat(server.log().lines().filter(line -> line.contains("traces are lost")))
            .hasSize(1);
      }
    }
  }

  @Test
  void bank_absentCollector_isToldInOneLine() throws Exception {
    String url = "http://127.0.0.1:" + freePort();
    Map<String, String> on =
        Map.of(ENDPOINT, url, "OTEL_TRACES_SAMPLER_ARG", "1", "OTEL_BSP_SCHEDULE_DELAY", "100");
    try (var server = new Server(sqlite, on)) {
      server.openAccountsUntil(() -> server.log().contains("Traces are lost"));
      // Some more, which are lost without a word.
      server.runClient(Map.of()).assertDone();
      server.terminate();

      assertThat(server.log().lines().filter(line -> line.contains("Traces are lost")))
          .singleElement()
          .asString()
          .contains(" WARN ", url);
      assertThat(server.log()).doesNotContain("\tat ");
    }
  }

  @Test
  void client_wrongVariableOfOpenTelemetry_saysSo() throws Exception {
    try (var server = new Server(sqlite, Map.of())) {
      Run run =
          server.runClient(Map.of(ENDPOINT, "http://127.0.0.1:1", "OTEL_TRACES_SAMPLER", "some"));

      assertThat(run.exitCode).isEqualTo(ExitCode.CONFIGURATION.number());
      assertThat(run.err.lines())
          .singleElement()
          .asString()
          .startsWith("bank-client: OTEL_*: ")
          .contains("some");
    }
  }

  private static <T> T only(List<T> list) {
    assertThat(list).hasSize(1);
    return list.get(0);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** What a run of the client left behind. */
  private record Run(int exitCode, String out, String err) {
    void assertDone() {
      assertThat(err).isEmpty();
      assertThat(exitCode).isZero();
      assertThat(out).containsPattern("closing balance +[0-9.]+\n$");
    }
  }

  /** A process with the variables that it gets here and no others; without certificates. */
  private static ProcessBuilder java(Path jar, Map<String, String> variables, String... options) {
    assertThat(jar).as("build both modules first: ./mvnw verify").exists();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(List.of(options));
    command.addAll(List.of("-jar", jar.toString()));
    var builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("TLS_ENABLED", "false");
    builder.environment().putAll(variables);
    return builder;
  }

  /** The server's jar. */
  private final class Server implements AutoCloseable {
    private final Path log = Files.createTempFile(dir, "server", ".log");
    private final Process process;
    private final String port;

    Server(String database, Map<String, String> variables, String... options) throws IOException {
      Map<String, String> all = new HashMap<>(variables);
      all.put("PORT", "0");
      all.put("MANAGEMENT_PORT", "0");
      all.put("DATABASE_URL", database);
      all.put("AUDIT_FILE", dir.resolve("audit.jsonl").toString());
      process =
          java(SERVER_JAR, all, options)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        await()
            .atMost(PATIENCE)
            .failFast(() -> assertThat(process.isAlive()).as(this::log).isTrue())
            .until(() -> READY.matcher(log()).find());
      } catch (RuntimeException e) {
        close();
        throw e;
      }
      Matcher ready = READY.matcher(log());
      assertThat(ready.find()).isTrue();
      port = ready.group(1);
    }

    Run runClient(Map<String, String> variables) throws Exception {
      Path out = Files.createTempFile(dir, "client", ".out");
      Path err = Files.createTempFile(dir, "client", ".err");
      Map<String, String> all = new HashMap<>(variables);
      all.put("PORT", port);
      all.put("MBANK_CALL_TIMEOUT", "1m");
      Process client =
          java(CLIENT_JAR, all).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      try {
        assertThat(client.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new Run(client.exitValue(), Files.readString(out), Files.readString(err));
      } finally {
        client.destroyForcibly();
      }
    }

    /** Lets many callers at the bank at once, who trace nothing, until something is seen. */
    void openAccountsUntil(Callable<Boolean> seen) throws Exception {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("localhost", Integer.parseInt(port))
              .usePlaintext()
              .build();
      ExecutorService callers = Executors.newFixedThreadPool(16);
      AtomicBoolean enough = new AtomicBoolean();
      try {
        BankClient bank = new BankClient(channel, new Retries(Duration.ofMinutes(1)));
        for (int i = 0; i < 16; i++) {
          String name = "caller-" + i + "-";
          callers.execute(
              () -> {
                for (int n = 0; !enough.get(); n++) {
                  bank.createAccount(BankClient.newRequestId(), name + n, "EUR", "Caller");
                }
              });
        }
        await().atMost(PATIENCE).until(seen);
      } finally {
        enough.set(true);
        callers.shutdown();
        assertThat(callers.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        channel.shutdownNow();
      }
    }

    /** SIGTERM; with all that a graceful end does. */
    void terminate() throws InterruptedException {
      process.destroy();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(this::log).isTrue();
    }

    String log() {
      try {
        return Files.readString(log);
      } catch (IOException e) {
        return e.toString();
      }
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
