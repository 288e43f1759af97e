package dev.mbank.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.mbank.server.DatabaseProxy.Cut;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetBalanceResponse;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One server, and a real PostgreSQL that ends, is killed or is cut off while clients bank: they
 * learn that it is so, soon; and when it is back all goes on, with nothing lost and nothing done
 * twice.
 */
class DatabaseFailureIT {
  private static final int TELLERS = 8;
  private static final int MANY = 200;
  private static final int READS = 100;
  private static final Duration READS_WITHIN = Duration.ofSeconds(8);
  private static final Duration SOON = Duration.ofSeconds(15);
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir static Path folder;

  private static PostgresProcess postgres;
  private static DatabaseProxy network;
  private static RunningServer server;
  private static TestClient client;

  @BeforeAll
  static void begin() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    postgres = PostgresProcess.start(folder.resolve("postgres"));
    network = new DatabaseProxy(postgres.port());
    String url = PostgresProcess.url(network.address());
    server =
        RunningServer.start(
            folder,
            // Statements as text, for the proxy to read.
            "mbank.store.url=" + url + "&prepareThreshold=0",
            "mbank.store.statement-timeout=3s");
    client = TestClient.trusting(CA, CLIENT, server.port());
    client.bank().createAccount(TestClient.opening("mine"));
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.close();
    network.close();
    postgres.close();
  }

  /** For the next test, whatever became of this one. */
  @AfterEach
  void mend() {
    network.revive();
    postgres.ensureStarted();
    await().atMost(SOON).untilAsserted(() -> assertThat(readiness()).isEqualTo(200));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fast", "immediate", "kill -9"})
  void database_endsAndIsStartedAgain_losesNothing(String how) throws Exception {
    try (Tellers tellers = tellers()) {
      awaitMore(tellers);
      if (how.equals("kill -9")) {
        postgres.kill();
      } else {
        postgres.stop(how);
      }
      assertOutage(tellers);
      postgres.start();
      assertOver(tellers);
    }
  }

  @Test
  void network_losesEverything_isNoticedAndForgotten() throws Exception {
    try (Tellers tellers = tellers()) {
      awaitMore(tellers);
      network.die();
      assertOutage(tellers);
      network.revive();
      assertOver(tellers);
    }
  }

  @ParameterizedTest
  @EnumSource(names = "NOWHERE", mode = EnumSource.Mode.EXCLUDE)
  void connection_cutInACommit_isUnknownAndTheRepeatTells(Cut where) throws Exception {
    long before = Banking.end(client.bank());
    DepositRequest request = TestClient.deposit("mine", 1);
    network.cutNext(where);
    StatusRuntimeException error =
        catchThrowableOfType(StatusRuntimeException.class, () -> client.bank().deposit(request));
    assertThat(network.isArmed()).isFalse();
    assertThat(TestClient.reason(error)).isEqualTo("OUTCOME_UNKNOWN");
    long done = where == Cut.BEFORE_ITS_ANSWER ? 1 : 0;
    await().atMost(SOON).untilAsserted(() -> assertThat(readiness()).isEqualTo(200));
    assertThat(Banking.end(client.bank())).isEqualTo(before + done);

    DepositResponse answer = client.bank().deposit(request);
    assertThat(answer.getTransaction().getSequence()).isEqualTo(before + 1);
    assertThat(client.bank().deposit(request)).isEqualTo(answer);
    assertThat(Banking.end(client.bank())).isEqualTo(before + 1);
  }

  /** Waits until readiness says so, and asserts that a read fails, and soon. */
  private static void assertOutage(Tellers tellers) throws Exception {
    await().atMost(SOON).untilAsserted(() -> assertThat(readiness()).isEqualTo(503));
    await().atMost(SOON).until(() -> readyMetric() == 0);
    var request = GetBalanceRequest.newBuilder().setAccountId("mine").build();
    var reads = client.bankAsync().withDeadlineAfter(READS_WITHIN.toMillis(), MILLISECONDS);
    List<ListenableFuture<GetBalanceResponse>> calls = new ArrayList<>();
    for (int i = 0; i < READS; i++) {
      calls.add(reads.getBalance(request));
    }
    for (ListenableFuture<GetBalanceResponse> call : calls) {
      ExecutionException failure = catchThrowableOfType(ExecutionException.class, call::get);
      assertThat(TestClient.reason((StatusRuntimeException) failure.getCause()))
          .isEqualTo("STORE_UNAVAILABLE");
    }
    assertThat(tellers.faults()).isNotEmpty();
  }

  /** Waits until all goes on, and holds the books against the answers. */
  private static void assertOver(Tellers tellers) throws Exception {
    await().atMost(SOON).untilAsserted(() -> assertThat(readiness()).isEqualTo(200));
    await().atMost(SOON).until(() -> readyMetric() == 1);
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(() -> Banking.balance(client.bank(), "mine").getSequence() > 0);
    awaitMore(tellers);
    tellers.finish();
    System.out.printf(
        "DatabaseFailureIT: %d answered, %s, the slowest after %d ms%n",
        tellers.answered(), tellers.faults(), tellers.longest().toMillis());
    assertThat(tellers.faults()).isSubsetOf("STORE_UNAVAILABLE", "OUTCOME_UNKNOWN");
    assertThat(tellers.longest()).isLessThan(SOON);
    tellers.assertBooks(postgres.url());
  }

  private static Tellers tellers() {
    return new Tellers(TELLERS, Duration.ofSeconds(60), client);
  }

  private static void awaitMore(Tellers tellers) {
    int before = tellers.answered();
    await().atMost(Duration.ofSeconds(30)).until(() -> tellers.answered() >= before + MANY);
  }

  private static int readiness() throws Exception {
    return server.readiness();
  }

  private static double readyMetric() {
    return server.part(MeterRegistry.class).get("mbank.ready").gauge().value();
  }
}
