package dev.mbank.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.TransactionKind;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the runnable jar starts, how it does not, and how it ends when it is told to. */
class StartIT {
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);
  private static final String ACCOUNT = "till-the-end";
  private static final int THREADS = 4;
  private static final int ANSWERS = 100;

  /** Of processor time: the wall clock says more of the machine, and what else runs there. */
  private static final int MAX_START_SECONDS = 30;

  @TempDir Path folder;

  @BeforeEach
  void makeFiles() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    Files.writeString(folder.resolve("garbage"), "garbage ".repeat(1000));
    Files.writeString(folder.resolve("sec1.key"), "-----BEGIN EC PRIVATE KEY-----\n");
  }

  @ParameterizedTest
  @CsvSource({
    "PORT, 70000, 0-65535",
    "TLS_ENABLED, yes, true or false",
    "CA_FILE, absent.crt, there is no such file",
    "CERT_FILE, garbage, PEM certificates",
    "KEY_FILE, sec1.key, PKCS#8",
    "POLICY_FILE, absent.txt, a file that is there",
    "POLICY_FILE, garbage, an identity: spiffe://",
    "AUDIT_FILE, garbage/audit.jsonl, a file that this user may write",
    "DATABASE_URL, jdbc:sqlite:garbage, a sound SQLite database",
  })
  void start_wrongValue_isToldInOneLine(String variable, String value, String expected)
      throws Exception {
    assertThat(failure(Map.of(variable, value)))
        .startsWith("bank-server: " + variable + ": ")
        .contains(value, expected);
  }

  @Test
  void start_emptyPolicy_leavesNoJournal() throws Exception {
    Files.createFile(folder.resolve("empty.txt"));

    assertThat(failure(Map.of("POLICY_FILE", "empty.txt", "DATABASE_URL", "jdbc:sqlite:no.db")))
        .startsWith("bank-server: POLICY_FILE: empty.txt: no grants ");
    assertThat(folder.resolve("no.db")).doesNotExist();
  }

  @Test
  void start_lockedDatabase_isToldInOneLine() throws Exception {
    try (Connection other =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("locked.db"));
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN EXCLUSIVE");

      assertThat(failure(Map.of("DATABASE_URL", "jdbc:sqlite:locked.db")))
          .startsWith("bank-server: DATABASE_URL: ")
          .contains("no other program has locked");
    }
  }

  @Test
  void start_auditFileOfAnotherServer_isToldInOneLine() throws Exception {
    Path lock = Files.createFile(folder.resolve("shared.jsonl.lock"));
    try (FileChannel other = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock held = other.lock()) {
      assertThat(held.isValid()).isTrue();

      assertThat(failure(Map.of("AUDIT_FILE", "shared.jsonl")))
          .startsWith("bank-server: AUDIT_FILE: shared.jsonl ")
          .contains("another writes to this one");
    }
  }

  @ParameterizedTest
  @CsvSource({"PORT", "MANAGEMENT_PORT"})
  void start_takenPort_isToldInOneLine(String variable) throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(other.getLocalPort());

      assertThat(failure(Map.of(variable, port)))
          .startsWith("bank-server: ")
          .contains(variable + ": ", port, "a port that is free");
    }
  }

  @Test
  void terminate_inMidLoad_answersAllThatIsDone() throws Exception {
    Set<String> answered = ConcurrentHashMap.newKeySet();
    long begin = System.nanoTime();
    try (ServerProcess server = ServerProcess.start(folder, variables(Map.of()))) {
      int port = server.awaitReady();
      Duration processor = server.processorTime();
      System.out.printf(
          "StartIT: ready after %d ms, %d ms of processor time%n",
          Duration.ofNanos(System.nanoTime() - begin).toMillis(), processor.toMillis());
      assertThat(processor).isLessThan(Duration.ofSeconds(MAX_START_SECONDS));
      try (TestClient client = TestClient.trusting(CA, CLIENT, port)) {
        client.bank().createAccount(TestClient.opening(ACCOUNT));
        depositUntilTerminated(server, client, answered);
      }
      assertEquals(128 + 15, server.awaitExit(), server::stdout);
      assertThat(server.stderr()).isEmpty();
      assertThat(server.stdout())
          .contains("everything that was accepted is answered")
          .contains("TLS files in force: certificate of CN=server, serial ")
          .contains("Policy in force: shipped-policy.txt, 1 grant")
          .doesNotContain(" ERROR ", " WARN ", "Exception");
    }
    try (RunningServer again = RunningServer.start(folder);
        TestClient client = TestClient.trusting(CA, CLIENT, again.port())) {
      assertEquals(answered, deposited(client));
    }
  }

  /** Deposits from several threads, and has the server end after some answers. */
  private static void depositUntilTerminated(
      ServerProcess server, TestClient client, Set<String> answered) throws Exception {
    CountDownLatch enough = new CountDownLatch(ANSWERS);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        ends.add(threads.submit(() -> depositUntilRefused(client, answered, enough)));
      }
      assertThat(enough.await(60, SECONDS)).as("answers").isTrue();
      server.terminate();
      for (Future<?> end : ends) {
        end.get(60, SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void depositUntilRefused(
      TestClient client, Set<String> answered, CountDownLatch enough) {
    while (true) {
      DepositRequest request = TestClient.deposit(ACCOUNT, 1);
      try {
        answered.add(client.bank().deposit(request).getTransaction().getTransactionId());
      } catch (StatusRuntimeException e) {
        assertEquals(Status.Code.UNAVAILABLE, e.getStatus().getCode(), e::toString);
        assertThat(enough.getCount()).as("answers before the end; %s", e).isZero();
        return;
      }
      enough.countDown();
    }
  }

  private static Set<String> deposited(TestClient client) {
    Set<String> ids = ConcurrentHashMap.newKeySet();
    var request = GetStatementRequest.newBuilder().setAccountId(ACCOUNT).setPageSize(1000);
    do {
      var page = client.bank().getStatement(request.build());
      page.getEntriesList().stream()
          .filter(each -> each.getKind() == TransactionKind.TRANSACTION_KIND_DEPOSIT)
          .forEach(each -> ids.add(each.getTransactionId()));
      request.setPageToken(page.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
    return ids;
  }

  /** The line on stderr of a server that does not start. */
  private String failure(Map<String, String> wrong) throws Exception {
    try (ServerProcess server = ServerProcess.startQuickly(folder, variables(wrong))) {
      assertEquals(1, server.awaitExit(), server::stdout);
      assertThat(server.stdout()).doesNotContain("\tat ", " ERROR ", "is answered");
      assertThat(server.stderr()).hasLineCount(1);
      return server.stderr();
    }
  }

  private static Map<String, String> variables(Map<String, String> wrong) {
    Map<String, String> variables = new HashMap<>();
    variables.put("DATABASE_URL", "jdbc:sqlite:bank.db");
    variables.put("CA_FILE", "ca.crt");
    variables.put("CERT_FILE", "server.crt");
    variables.put("KEY_FILE", "server.key");
    variables.putAll(wrong);
    return variables;
  }
}
