package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs both jars as processes, as a user does, and looks at output and exit codes. */
class BankClientIT {
  private static final Path CLIENT_JAR = Path.of("target/bank-client.jar");
  private static final Path SERVER_JAR = Path.of("../bank-server/target/bank-server.jar");
  private static final List<String> VARIABLES =
      List.of(
          "HOST",
          "PORT",
          "TLS_ENABLED",
          "CA_FILE",
          "CERT_FILE",
          "KEY_FILE",
          "OTEL_EXPORTER_OTLP_ENDPOINT");

  /** Far less than the call timeout that the clients get: what ends in it is no timeout. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static Path dir;
  private static Path certs;
  private static Path otherCerts;
  private static BankServer server;

  private int runs;

  @BeforeAll
  static void startServer(@TempDir Path folder) throws Exception {
    dir = folder;
    certs = makeCertificates("our certs");
    otherCerts = makeCertificates("other certs");
    server = new BankServer("tls", Map.of());
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void run_twice_printsStatementsAndEndsWithZero() throws Exception {
    Run first = client(Map.of());

    assertThat(first.err).isEmpty();
    assertThat(first.exitCode).isZero();
    assertThat(first.out)
        .containsPattern(
            "TLSv1.3 TLS_\\w+ to localhost:%d; server DNS:localhost, client ".formatted(server.port)
                + "spiffe://mbank.local/client\n")
        .containsPattern("refused: INSUFFICIENT_FUNDS \\(available 50.00, requested 50.01\\)")
        .containsPattern("opening balance +0.00\n")
        .containsPattern("deposit +Salary +\\+100.00 +100.00\n")
        .containsPattern("withdrawal +Cash +-20.00 +80.00\n")
        .containsPattern("transfer +Dinner +-30.00 +50.00\n")
        .containsPattern("closing balance +50.00\n$");

    Run second = client(Map.of());

    assertThat(second.err).isEmpty();
    assertThat(second.exitCode).isZero();
    assertThat(second.out)
        .contains("already there")
        .containsPattern("opening balance +50.00\n")
        .containsPattern("closing balance +100.00\n$");
  }

  @Test
  void run_absentServer_saysHowToStartIt() throws Exception {
    int port = freePort();

    client(Map.of("PORT", String.valueOf(port)))
        .assertFailed(
            ExitCode.CONNECTION,
            "nothing listens at localhost:%d: is bank-server running? `make run` starts it"
                .formatted(port));
  }

  @Test
  void run_caOfOthers_distrustsTheServer() throws Exception {
    Path ca = otherCerts.resolve("ca.crt");

    client(Map.of("CA_FILE", ca.toString()))
        .assertFailed(
            ExitCode.CONNECTION,
            "the certificate of the server at localhost:%d is not signed by the CA in CA_FILE (%s)"
                .formatted(server.port, ca));
  }

  @Test
  void run_certificateOfOthers_isRefusedByTheServer() throws Exception {
    Path cert = otherCerts.resolve("client.crt");

    client(
            Map.of(
                "CERT_FILE",
                cert.toString(),
                "KEY_FILE",
                otherCerts.resolve("client.key").toString()))
        .assertFailed(
            ExitCode.CONNECTION,
            "the server at localhost:%d refused our certificate (CERT_FILE %s)"
                .formatted(server.port, cert));
  }

  @Test
  void run_hostNameThatTheServerHasNot_distrustsTheServer() throws Exception {
    Path hosts = Files.writeString(dir.resolve("hosts"), "127.0.0.1 impostor.example\n");

    client(Map.of("HOST", "impostor.example"), "-Djdk.net.hosts.file=" + hosts)
        .assertFailed(
            ExitCode.CONNECTION,
            "the certificate of the server at impostor.example:%d is not for the name"
                .formatted(server.port));
  }

  @Test
  void run_badVariable_namesIt() throws Exception {
    client(Map.of("PORT", "70000"))
        .assertFailed(ExitCode.CONFIGURATION, "PORT: 70000 (expected: 1-65535)");
  }

  @Test
  void run_keyOfOthers_namesKeyFile() throws Exception {
    Path key = otherCerts.resolve("client.key");

    client(Map.of("KEY_FILE", key.toString()))
        .assertFailed(
            ExitCode.CONFIGURATION,
            "KEY_FILE: %s (expected: the private key of the certificate in CERT_FILE)"
                .formatted(key));
  }

  @Test
  void run_plaintextClientOnly_suggestsTls() throws Exception {
    client(Map.of("TLS_ENABLED", "false"))
        .assertFailed(ExitCode.CONNECTION, "hung up on plaintext; maybe it wants TLS");
  }

  @Test
  void run_plaintextServer_takesPlaintextOnly() throws Exception {
    try (var plaintext = new BankServer("plaintext", Map.of("TLS_ENABLED", "false"))) {
      String port = String.valueOf(plaintext.port);

      Run run = client(Map.of("PORT", port, "TLS_ENABLED", "false"));

      assertThat(run.err).isEmpty();
      assertThat(run.exitCode).isZero();
      assertThat(run.out).contains("PLAINTEXT").containsPattern("closing balance +50.00\n$");

      client(Map.of("PORT", port))
          .assertFailed(
              ExitCode.CONNECTION, "the server at localhost:" + port + " does not speak TLS");
    }
  }

  /** What a run of the client left behind. */
  private record Run(int exitCode, String out, String err) {
    /** Nothing banked, and one line that says why, behind what the files are warned of. */
    void assertFailed(ExitCode code, String words) {
      assertThat(out).isEmpty();
      assertThat(err.lines().filter(line -> !line.contains(" WARN ")))
          .singleElement()
          .asString()
          .startsWith("bank-client: ")
          .contains(words);
      assertThat(exitCode).isEqualTo(code.number());
    }
  }

  private Run client(Map<String, String> variables, String... options) throws Exception {
    runs++;
    Path out = dir.resolve("client-" + runs + ".out");
    Path err = dir.resolve("client-" + runs + ".err");
    ProcessBuilder builder = java(CLIENT_JAR, "client", options);
    builder.environment().put("PORT", String.valueOf(server.port));
    builder.environment().put("MBANK_CALL_TIMEOUT", "1h");
    builder.environment().putAll(variables);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      process.destroyForcibly();
    }
  }

  /** A process with our files, and with no variable of whoever runs the tests. */
  private static ProcessBuilder java(Path jar, String role, String... options) {
    assertThat(jar).as("build both modules first: ./mvnw verify").exists();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1"); // Starts faster, and they live short.
    command.addAll(Arrays.asList(options));
    command.addAll(List.of("-jar", jar.toString()));
    var builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.keySet().removeAll(VARIABLES);
    environment.put("CA_FILE", certs.resolve("ca.crt").toString());
    environment.put("CERT_FILE", certs.resolve(role + ".crt").toString());
    environment.put("KEY_FILE", certs.resolve(role + ".key").toString());
    return builder;
  }

  private static Path makeCertificates(String name) throws Exception {
    Path folder = dir.resolve(name);
    Path log = dir.resolve(name + ".log");
    Process process =
        new ProcessBuilder("bash", "../generate-certs.sh", "--out", folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(() -> read(log)).isZero();
      return folder;
    } finally {
      process.destroyForcibly();
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The server's jar, running on its own database and free ports. */
  private static final class BankServer implements AutoCloseable {
    final int port = freePort();
    private final Process process;

    BankServer(String name, Map<String, String> variables) throws IOException {
      Path log = dir.resolve(name + "-server.log");
      ProcessBuilder builder = java(SERVER_JAR, "server");
      Map<String, String> environment = builder.environment();
      environment.put("HOST", "127.0.0.1");
      environment.put("PORT", String.valueOf(port));
      environment.put("MANAGEMENT_PORT", String.valueOf(freePort()));
      environment.put("DATABASE_URL", "jdbc:sqlite:" + dir.resolve(name + ".db"));
      environment.put("AUDIT_FILE", dir.resolve(name + ".jsonl").toString());
      environment.putAll(variables);
      process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
      try {
        await()
            .atMost(PATIENCE)
            .failFast(() -> assertThat(process.isAlive()).as(() -> read(log)).isTrue())
            .until(() -> read(log).contains("bank-server ready"));
      } catch (RuntimeException e) {
        process.destroyForcibly();
        throw e;
      }
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
