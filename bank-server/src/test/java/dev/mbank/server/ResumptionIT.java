package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCrls;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sessions that are resumed: TLS looks at no certificate then, but what it was good for may have
 * ended since. The files do not change here, so the TLS context stays what it was.
 */
class ResumptionIT {
  private static final Issued CA = TestCertificates.authority("test CA").authority(1).selfSigned();
  private static final Issued INTERMEDIATE =
      TestCertificates.authority("test intermediate").issuedBy(CA);

  @TempDir Path folder;

  @BeforeEach
  void files() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
  }

  @Test
  void session_certificateStillGood_isServed() {
    try (RunningServer server = RunningServer.start(folder);
        TestClient client =
            TestClient.trusting(
                CA,
                TestCertificates.client(TestClient.IDENTITY).issuedBy(INTERMEDIATE),
                server.port())) {
      HandshakeCounts counts = new HandshakeCounts(server);
      for (int i = 0; i < 4; i++) {
        connect(client);
      }
      counts.awaitAccepted(4);
    }
  }

  @Test
  void session_certificateExpiredSince_isRefused() {
    try (RunningServer server = RunningServer.start(folder)) {
      Instant end = Instant.now().plusSeconds(8);
      Issued own =
          TestCertificates.client(TestClient.IDENTITY)
              .valid(Instant.now().minusSeconds(60), end)
              .issuedBy(INTERMEDIATE);
      assertRefusedFrom(end, server, own, RefusalReason.EXPIRED);
    }
  }

  @Test
  void session_revocationListExpiredSince_isRefused() throws Exception {
    Path list = folder.resolve("ca.crl");
    // Soon, but after a start and some handshakes on a machine that has other things to do.
    Instant end = Instant.now().plusSeconds(20);
    Files.writeString(list, TestCrls.until(end, CA));
    Issued own = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);
    try (RunningServer server = RunningServer.start(folder, "CRL_FILE=" + list)) {
      assertRefusedFrom(end, server, own, RefusalReason.CRL_EXPIRED);
    }
  }

  private static void assertRefusedFrom(
      Instant end, RunningServer server, Issued own, RefusalReason reason) {
    // One context for all its connections, so that TLS sessions are cached in it.
    try (TestClient client = TestClient.trusting(CA, own, server.port())) {
      for (int i = 0; i < 3; i++) {
        connect(client);
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> Instant.now().isAfter(end.plusMillis(1)));
      HandshakeCounts counts = new HandshakeCounts(server);
      assertThat(catchThrowableOfType(StatusRuntimeException.class, () -> connect(client)))
          .extracting(e -> e.getStatus().getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      counts.awaitRefused(reason);
    }
  }

  private static void connect(TestClient client) {
    client.channel().enterIdle();
    var unused = client.bank().listAccounts(ListAccountsRequest.getDefaultInstance());
  }
}
