package dev.mbank.server;

import static dev.mbank.server.HandshakeCounts.assertServed;
import static dev.mbank.tls.RefusalReason.CRL_EXPIRED;
import static dev.mbank.tls.RefusalReason.CRL_MISSING;
import static dev.mbank.tls.RefusalReason.REVOKED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.tls.fixtures.TestCrls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of client certificates where CRL_FILE is set: each CA has a list, good or bad. */
class MtlsRevocationIT {
  private static final Issued CA = authority("good list", 1).selfSigned();
  private static final Issued CLIENT = client().issuedBy(CA);
  private static final Issued REVOKED_CLIENT = client().issuedBy(CA);
  private static final Issued INTERMEDIATE = authority("intermediate", 0).issuedBy(CA);
  private static final Issued REVOKED_INTERMEDIATE = authority("revoked", 0).issuedBy(CA);
  private static final Issued UNLISTED = authority("no list", 0).issuedBy(CA);
  private static final Issued REVOKED_BELOW = client().issuedBy(INTERMEDIATE);

  private static final Issued LATE_CA = authority("late list", 0).selfSigned();
  private static final Issued LATE_REVOKED = client().issuedBy(LATE_CA);
  private static final Issued LISTLESS_CA = authority("no list of this CA", 0).selfSigned();
  private static final Issued FORGED_CA = authority("list of another key", 0).selfSigned();

  @TempDir static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() throws Exception {
    StringBuilder trusted = new StringBuilder();
    for (Issued ca : List.of(CA, LATE_CA, LISTLESS_CA, FORGED_CA)) {
      trusted.append(ca.pem());
    }
    Issued forger = authority("list of another key", 0).selfSigned();
    Path lists = folder.resolve("ca.crl");
    Files.writeString(folder.resolve("ca.crt"), trusted);
    Files.writeString(
        lists,
        TestCrls.of(CA, REVOKED_CLIENT, REVOKED_INTERMEDIATE)
            + TestCrls.of(INTERMEDIATE, REVOKED_BELOW)
            + TestCrls.of(REVOKED_INTERMEDIATE)
            + TestCrls.until(Instant.now().minusSeconds(60), LATE_CA, LATE_REVOKED)
            + TestCrls.of(forger));
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    server = RunningServer.start(folder, "CRL_FILE=" + lists);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        row("revoked", REVOKED_CLIENT, "certificate_revoked", REVOKED),
        row("revoked by an intermediate", REVOKED_BELOW, "certificate_revoked", REVOKED),
        row(
            "intermediate: revoked",
            client().issuedBy(REVOKED_INTERMEDIATE),
            "certificate_revoked",
            REVOKED),
        row("list expired", client().issuedBy(LATE_CA), "certificate_expired", CRL_EXPIRED),
        row("list expired, revoked in it", LATE_REVOKED, "certificate_revoked", REVOKED),
        row("list missing", client().issuedBy(LISTLESS_CA), "unknown_ca", CRL_MISSING),
        row(
            "list missing: an intermediate's",
            client().issuedBy(UNLISTED),
            "unknown_ca",
            CRL_MISSING),
        row("list of another key", client().issuedBy(FORGED_CA), "unknown_ca", CRL_MISSING));
  }

  private static Arguments row(String what, Issued own, String alert, RefusalReason reason) {
    return Arguments.of(what, own, alert, reason);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void handshake_revokedOrUnclear_isRefused(
      String what, Issued own, String alert, RefusalReason reason) throws IOException {
    HandshakeCounts counts = new HandshakeCounts(server);

    assertThat(BareTls.of(server.port(), CA, own).refusal()).as(what).isEqualTo(alert);

    counts.awaitRefused(reason);
    assertServed(server, CA, CLIENT);
  }

  static Stream<Arguments> good() {
    return Stream.of(
        Arguments.of("of the CA", CLIENT),
        Arguments.of("of an intermediate", client().issuedBy(INTERMEDIATE)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("good")
  void call_certificateOnNoList_isServed(String what, Issued own) {
    assertServed(server, CA, own);
  }

  private static Request client() {
    return TestCertificates.client(TestClient.IDENTITY);
  }

  private static Request authority(String name, int pathLength) {
    return new Request(name).authority(pathLength);
  }
}
