package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A rolling replacement, as Kubernetes does it: two servers on one PostgreSQL behind one name; a
 * new one is ready and gets its address into the name before an old one leaves it and is told to
 * end. Meanwhile the client's program banks, with the settings that it is shipped with. All are
 * processes; the name is in a hosts file. There is one version yet, so old and new are one jar.
 */
class UpgradeIT {
  private static final Path SERVER_JAR = Path.of("../bank-server/target/bank-server.jar");
  private static final String NAME = "bank.test";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int SIGTERM = 128 + 15;
  private static final int MANY = 200;

  @TempDir Path folder;

  private final List<Process> processes = new ArrayList<>();
  private EmbeddedPostgres postgres;
  private int port;

  @BeforeEach
  void begin() throws Exception {
    Issued ca = TestCertificates.authority("bank CA").selfSigned();
    ca.writeTo(folder, "ca");
    TestCertificates.server().dns(NAME).issuedBy(ca).writeTo(folder, "server");
    TestCertificates.client("spiffe://mbank.local/client").issuedBy(ca).writeTo(folder, "client");
    postgres = EmbeddedPostgres.start();
    port = freePort();
  }

  @AfterEach
  void end() throws IOException {
    processes.forEach(process -> process.destroyForcibly().onExit().join());
    postgres.close();
  }

  @Test
  void upgrade_serversReplacedOneByOne_noCallFails() throws Exception {
    Process first = server("127.0.0.1");
    Process second = server("127.0.0.2");
    name("127.0.0.1", "127.0.0.2");
    Process client = client();
    awaitMore(MANY);

    server("127.0.0.3");
    name("127.0.0.1", "127.0.0.2", "127.0.0.3");
    name("127.0.0.2", "127.0.0.3");
    terminate(first);
    awaitMore(MANY);

    server("127.0.0.4");
    name("127.0.0.2", "127.0.0.3", "127.0.0.4");
    name("127.0.0.3", "127.0.0.4");
    terminate(second);
    awaitMore(MANY);

    client.getOutputStream().close();
    assertThat(client.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(lines(SteadyBanking.FAILED)).isEmpty();
    assertThat(client.exitValue()).as(log("client")).isZero();
    assertThat(log("127.0.0.3")).contains("Deposit peer=");
    assertThat(log("127.0.0.4")).contains("Deposit peer=");
    assertThat(lines(SteadyBanking.BALANCE)).containsExactly(done() + ".00 EUR");
  }

  private Process server(String address) throws IOException {
    Process server =
        java(
            address,
            Map.of(
                "HOST",
                address,
                "MANAGEMENT_PORT",
                "0",
                "CERT_FILE",
                "server.crt",
                "KEY_FILE",
                "server.key",
                "DATABASE_URL",
                postgres.getJdbcUrl("postgres", "postgres"),
                "AUDIT_FILE",
                address + ".jsonl"),
            "-jar",
            SERVER_JAR.toAbsolutePath().toString());
    await()
        .atMost(PATIENCE)
        .failFast(() -> assertThat(server.isAlive()).as(log(address)).isTrue())
        .until(() -> log(address).contains("bank-server ready"));
    return server;
  }

  /** Its program, with {@link SteadyBanking} beside the demo. */
  private Process client() throws IOException {
    return java(
        "client",
        Map.of("HOST", NAME, "CERT_FILE", "client.crt", "KEY_FILE", "client.key"),
        "-Djdk.net.hosts.file=hosts",
        "-cp",
        System.getProperty("java.class.path"),
        BankClientApplication.class.getName(),
        "--spring.main.sources=" + SteadyBanking.class.getName());
  }

  private Process java(String log, Map<String, String> variables, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(log + ".log").toFile());
    builder.environment().clear();
    builder.environment().put("PORT", "" + port);
    builder.environment().put("CA_FILE", "ca.crt");
    builder.environment().putAll(variables);
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** Puts the addresses behind the name, in one move. */
  private void name(String... addresses) throws IOException {
    Path next = folder.resolve("hosts.next");
    Files.write(next, Arrays.stream(addresses).map(address -> address + " " + NAME).toList());
    Files.move(next, folder.resolve("hosts"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void terminate(Process server) throws InterruptedException {
    server.destroy();
    assertThat(server.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(server.exitValue()).isEqualTo(SIGTERM);
  }

  private void awaitMore(long calls) {
    long enough = done() + calls;
    await()
        .atMost(PATIENCE)
        .failFast(() -> assertThat(lines(SteadyBanking.FAILED)).as(log("client")).isEmpty())
        .until(() -> done() >= enough);
  }

  private long done() {
    List<String> told = lines(SteadyBanking.DONE);
    return told.isEmpty() ? 0 : Long.parseLong(told.get(told.size() - 1));
  }

  /** What whole lines of the client say behind a word. */
  private List<String> lines(String word) {
    String log = log("client");
    return log.substring(0, log.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> line.startsWith(word))
        .map(line -> line.substring(word.length()))
        .toList();
  }

  private String log(String name) {
    try {
      return Files.readString(folder.resolve(name + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Free at every address of this machine. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
