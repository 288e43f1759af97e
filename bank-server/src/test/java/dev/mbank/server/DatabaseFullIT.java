package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A PostgreSQL whose tables are on a disk that is really full: a small one in memory, in a mount
 * namespace of its own, which Linux grants to anybody.
 */
class DatabaseFullIT {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir Path folder;

  @Test
  void disk_isFullAndHasRoomAgain_losesNothing() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    Path disk = Files.createDirectory(folder.resolve("disk"));
    List<String> mounting =
        List.of(
            "unshare",
            "-Urm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=32m tmpfs \"$0\" && exec \"$@\"",
            disk.toString());
    try (PostgresProcess postgres = PostgresProcess.startIn(mounting, folder.resolve("postgres"))) {
      postgres.execute("CREATE TABLESPACE small LOCATION '" + disk + "'");
      postgres.execute("CREATE DATABASE bank TABLESPACE small");
      String url = postgres.url().replace("/postgres?", "/bank?");
      try (RunningServer server = RunningServer.start(folder, "mbank.store.url=" + url);
          TestClient client = TestClient.trusting(CA, CLIENT, server.port());
          Tellers tellers = new Tellers(8, Duration.ofSeconds(60), client)) {
        awaitMore(tellers);
        // What runs in the database sees the disk; this test does not.
        shell(postgres, "cat /dev/zero > " + disk + "/ballast || true");
        await().atMost(SOON).untilAsserted(() -> assertThat(server.readiness()).isEqualTo(503));
        assertThat(Banking.end(client.bank())).as("a read").isPositive();

        shell(postgres, "rm " + disk + "/ballast");
        await().atMost(SOON).untilAsserted(() -> assertThat(server.readiness()).isEqualTo(200));
        awaitMore(tellers);
        tellers.finish();
        assertThat(tellers.faults())
            .contains("STORE_UNAVAILABLE")
            .isSubsetOf("STORE_UNAVAILABLE", "OUTCOME_UNKNOWN");
        tellers.assertBooks(url);
      }
    }
  }

  private static void shell(PostgresProcess postgres, String command) throws Exception {
    postgres.execute("COPY (SELECT 1) TO PROGRAM '" + command + "'");
  }

  private static void awaitMore(Tellers tellers) {
    int before = tellers.answered();
    await().atMost(Duration.ofSeconds(30)).until(() -> tellers.answered() >= before + 100);
  }
}
