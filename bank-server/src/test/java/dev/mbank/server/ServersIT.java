package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three servers, real jars in processes of their own, on one journal in PostgreSQL; clients that go
 * from one to the other; and one server that is killed or stands still meanwhile.
 */
class ServersIT {
  private static final int TELLERS = 24;
  private static final int MANY = 600;
  private static final int FEW = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir Path folder;

  private final List<ServerProcess> processes = new ArrayList<>();
  private PostgresProcess postgres;
  private int started;

  @BeforeEach
  void begin() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    postgres = PostgresProcess.start(folder.resolve("postgres"));
    for (int i = 0; i < 3; i++) {
      processes.add(start());
    }
  }

  @AfterEach
  void end() {
    processes.forEach(ServerProcess::close);
    postgres.close();
  }

  @Test
  void servers_oneIsKilledAndStartedAgain_keepOneJournal() throws Exception {
    try (TestClient first = client(processes.get(0));
        TestClient second = client(processes.get(1));
        TestClient third = client(processes.get(2));
        Tellers tellers = new Tellers(TELLERS, PATIENCE, first, second, third)) {
      awaitMore(tellers, MANY);
      assertThat(tellers.faults()).isEmpty();

      processes.get(0).kill();
      assertEquals(128 + 9, processes.get(0).awaitExit());
      awaitMore(tellers, MANY);
      processes.set(0, start());
      try (TestClient again = client(processes.get(0))) {
        tellers.exchange(0, again);
        awaitMore(tellers, MANY);
        tellers.finish();
        assertThat(tellers.faults()).isSubsetOf("UNAVAILABLE", "STORE_UNAVAILABLE");
        tellers.assertBooks(postgres.url());
      }
    }
  }

  @Test
  void servers_oneStandsStill_theOthersGoOn() throws Exception {
    try (TestClient first = client(processes.get(0));
        TestClient second = client(processes.get(1));
        TestClient third = client(processes.get(2));
        Tellers tellers = new Tellers(TELLERS, Duration.ofSeconds(3), first, second, third)) {
      awaitMore(tellers, MANY);
      processes.get(0).freeze();
      awaitMore(tellers, FEW);
      processes.get(0).thaw();
      awaitMore(tellers, MANY);
      tellers.finish();
      assertThat(tellers.faults())
          .contains("DEADLINE_EXCEEDED")
          .isSubsetOf("DEADLINE_EXCEEDED", "STORE_UNAVAILABLE", "OUTCOME_UNKNOWN");
      tellers.assertBooks(postgres.url());
    }
  }

  private static void awaitMore(Tellers tellers, int many) {
    int before = tellers.answered();
    await().atMost(Duration.ofSeconds(30)).until(() -> tellers.answered() >= before + many);
  }

  private ServerProcess start() {
    Map<String, String> variables =
        Map.of(
            "DATABASE_URL", postgres.url(),
            "AUDIT_FILE", "audit-" + started++ + ".jsonl",
            // So that the servers take turns at the indexes, too.
            "MBANK_STORE_INDEX_STEP", "50",
            "CA_FILE", "ca.crt",
            "CERT_FILE", "server.crt",
            "KEY_FILE", "server.key");
    return ServerProcess.startQuickly(folder, variables);
  }

  private static TestClient client(ServerProcess server) {
    return TestClient.trusting(CA, CLIENT, server.awaitReady());
  }
}
