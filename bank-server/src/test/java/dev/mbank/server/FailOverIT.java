package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One server on two PostgreSQLs, of which the second follows the first, synchronously: it gets all
 * that was answered, also when the first is killed and the second takes its place.
 */
class FailOverIT {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir Path folder;

  private PostgresProcess primary;
  private PostgresProcess standby;
  private RunningServer server;
  private TestClient client;

  @BeforeEach
  void begin() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    primary = PostgresProcess.start(folder.resolve("primary"));
    primary.stop("fast");
    standby = primary.standby(folder.resolve("standby"));
    primary.configure("synchronous_standby_names = '*'");
    primary.start();
    standby.start();
    String hosts = "127.0.0.1:" + primary.port() + ",127.0.0.1:" + standby.port();
    server =
        RunningServer.start(
            folder,
            "mbank.store.url=" + PostgresProcess.url(hosts),
            "mbank.store.statement-timeout=5s");
    client = TestClient.trusting(CA, CLIENT, server.port());
    client.bank().createAccount(TestClient.opening("mine"));
  }

  @AfterEach
  void end() {
    client.close();
    server.close();
    standby.close();
    primary.close();
  }

  @Test
  void primary_isKilledAndTheStandbyPromoted_losesNothing() throws Exception {
    try (Tellers tellers = new Tellers(8, Duration.ofSeconds(60), client)) {
      awaitMore(tellers);
      primary.kill();
      await().atMost(SOON).untilAsserted(() -> assertThat(server.readiness()).isEqualTo(503));
      // The new primary has no standby yet.
      standby.configure("synchronous_standby_names = ''");
      standby.promote();
      await().atMost(SOON).untilAsserted(() -> assertThat(server.readiness()).isEqualTo(200));
      awaitMore(tellers);
      tellers.finish();
      assertThat(tellers.faults())
          .contains("STORE_UNAVAILABLE")
          .isSubsetOf("STORE_UNAVAILABLE", "OUTCOME_UNKNOWN");
      assertThat(tellers.longest()).isLessThan(SOON);
      tellers.assertBooks(standby.url());
    }
  }

  @Test
  void standby_isAwayAndNobodyWaitsForItAnyMore_isUnknownUntilItIsThere() throws Exception {
    standby.stop("fast");
    DepositRequest request = TestClient.deposit("mine", 1);
    ListenableFuture<DepositResponse> answer = client.bankAsync().deposit(request);
    String waiting = " FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    await().atMost(SOON).until(() -> primary.count("SELECT count(*)" + waiting) == 1);
    primary.execute("SELECT pg_cancel_backend(pid)" + waiting);
    assertThat(reason(answer)).isEqualTo("OUTCOME_UNKNOWN");

    // It is done, and can be seen; to tell it would promise what is on one machine only.
    assertThat(primary.count("SELECT sequence FROM journal_head")).isEqualTo(2);
    assertThat(reason(client.bankAsync().deposit(request)))
        .isIn("OUTCOME_UNKNOWN", "STORE_UNAVAILABLE");

    standby.start();
    await().atMost(SOON).untilAsserted(() -> assertThat(server.readiness()).isEqualTo(200));
    assertThat(client.bank().deposit(request).getTransaction().getSequence()).isEqualTo(2);
    assertThat(Banking.end(client.bank())).isEqualTo(2);
  }

  private static String reason(ListenableFuture<DepositResponse> answer) {
    ExecutionException failure =
        catchThrowableOfType(ExecutionException.class, () -> answer.get(20, TimeUnit.SECONDS));
    return TestClient.reason((StatusRuntimeException) failure.getCause());
  }

  private static void awaitMore(Tellers tellers) {
    int before = tellers.answered();
    await().atMost(Duration.ofSeconds(30)).until(() -> tellers.answered() >= before + 100);
  }
}
