package dev.mbank.server;

import static dev.mbank.server.HandshakeCounts.assertServed;
import static dev.mbank.tls.RefusalReason.BAD_CHAIN;
import static dev.mbank.tls.RefusalReason.BAD_SIGNATURE;
import static dev.mbank.tls.RefusalReason.BAD_USAGE;
import static dev.mbank.tls.RefusalReason.EXPIRED;
import static dev.mbank.tls.RefusalReason.NOT_YET_VALID;
import static dev.mbank.tls.RefusalReason.NO_CERTIFICATE;
import static dev.mbank.tls.RefusalReason.REFUSED_BY_PEER;
import static dev.mbank.tls.RefusalReason.UNTRUSTED;
import static dev.mbank.tls.RefusalReason.WEAK_KEY;
import static dev.mbank.tls.RefusalReason.WEAK_SIGNATURE;
import static dev.mbank.tls.fixtures.TestKeys.ellipticCurve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.bouncycastle.asn1.x509.Extension.basicConstraints;
import static org.bouncycastle.asn1.x509.KeyPurposeId.anyExtendedKeyUsage;
import static org.bouncycastle.asn1.x509.KeyPurposeId.id_kp_serverAuth;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.tls.fixtures.TestKeys;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What becomes of each kind of client certificate. A refusal in the handshake is the alert that the
 * client gets and a count of its reason, and the next good client is served.
 */
class MtlsMatrixIT {
  private static final String CA_NAME = "mbank test CA";
  private static final ASN1ObjectIdentifier UNKNOWN = new ASN1ObjectIdentifier("1.3.6.1.4.1.55555");
  private static final KeyPair WEAK = TestKeys.rsa(1024);
  private static final KeyPair STRONG = TestKeys.rsa(2048);

  private static final Issued CA = new Request(CA_NAME).authority(1).selfSigned();
  private static final Issued CLIENT = client().issuedBy(CA);
  private static final Issued INTERMEDIATE = authority("intermediate").issuedBy(CA);

  /** Trusted as well, each with a fault or a bound of its own. */
  private static final Issued RSA_CA = authority("RSA CA").keys(STRONG).selfSigned();

  private static final Issued EXPIRED_CA = authority("expired CA").expired().selfSigned();
  private static final Issued BOUNDED_CA = namesOnlyBelow("other.example").selfSigned();
  private static final Issued SHORT_CA = new Request("short CA").authority(0).selfSigned();

  @TempDir static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() throws Exception {
    StringBuilder trusted = new StringBuilder();
    for (Issued ca : List.of(CA, RSA_CA, EXPIRED_CA, BOUNDED_CA, SHORT_CA)) {
      trusted.append(ca.pem());
    }
    Files.writeString(folder.resolve("ca.crt"), trusted);
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    server = RunningServer.start(folder);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  static Stream<Arguments> refused() {
    Issued sameName = new Request(CA_NAME).authority(1).selfSigned();
    Issued belowShort = authority("below short CA").issuedBy(SHORT_CA);
    Issued expired = authority("expired").expired().issuedBy(CA);
    Issued weak = authority("weak").keys(WEAK).issuedBy(CA);
    Issued sha1 = authority("SHA-1").signedWith("SHA1withECDSA").issuedBy(CA);
    Issued forServers = authority("servers").purposes(id_kp_serverAuth).issuedBy(CA);
    Issued below = authority("below intermediate").issuedBy(INTERMEDIATE);
    Issued bounded = namesOnlyBelow("other.example").issuedBy(CA);
    Request server = TestCertificates.server().uri(TestClient.IDENTITY);
    Request signer = client().usage(KeyUsage.digitalSignature | KeyUsage.keyCertSign);
    Request agreement = client().usage(KeyUsage.keyAgreement);
    return Stream.of(
        row("none", null, NO_CERTIFICATE),
        row("self-signed", client().selfSigned(), UNTRUSTED),
        row("CA: another", client().issuedBy(authority("stranger").selfSigned()), UNTRUSTED),
        row("CA: of the same name", client().issuedBy(sameName), UNTRUSTED),
        row("CA: expired", client().issuedBy(EXPIRED_CA), EXPIRED),
        row("CA: its path length", client().issuedBy(belowShort), BAD_CHAIN),
        row("CA: its name constraint", client().issuedBy(BOUNDED_CA), BAD_CHAIN),
        row("intermediate: missing", client().issuedBy(INTERMEDIATE).alone(), UNTRUSTED),
        row("intermediate: no CA", client().issuedBy(client().issuedBy(CA)), BAD_CHAIN),
        row("intermediate: expired", client().issuedBy(expired), EXPIRED),
        row("intermediate: RSA-1024", client().issuedBy(weak), WEAK_KEY),
        row("intermediate: SHA-1", client().issuedBy(sha1), WEAK_SIGNATURE),
        row("intermediate: its path length", client().issuedBy(below), BAD_CHAIN),
        row("intermediate: its name constraint", client().issuedBy(bounded), BAD_CHAIN),
        row("intermediate: a server's", client().issuedBy(forServers), BAD_USAGE),
        row("expired", client().expired().issuedBy(CA), EXPIRED),
        row("not yet valid", client().notYetValid().issuedBy(CA), NOT_YET_VALID),
        row("unknown extension", client().with(UNKNOWN, DERNull.INSTANCE).issuedBy(CA), BAD_CHAIN),
        row("extended usage: a server's", server.issuedBy(CA), BAD_USAGE),
        row("extended usage: none", client().purposes().issuedBy(CA), BAD_USAGE),
        row("extended usage: any", client().purposes(anyExtendedKeyUsage).issuedBy(CA), BAD_USAGE),
        row("usage: none", client().without(Extension.keyUsage).issuedBy(CA), BAD_USAGE),
        row("usage: signs certificates", signer.issuedBy(CA), BAD_USAGE),
        row("usage: no signatures", agreement.issuedBy(CA), "illegal_parameter", BAD_USAGE),
        row("a CA", client().authority(0).issuedBy(CA), "illegal_parameter", BAD_USAGE),
        row("the trusted CA", CA, "illegal_parameter", BAD_USAGE),
        row("no constraints", client().without(basicConstraints).issuedBy(CA), BAD_USAGE),
        row("key: another's", CLIENT.withKeyOf(INTERMEDIATE), BAD_SIGNATURE),
        row("key: RSA-1024", client().keys(WEAK).issuedBy(CA), WEAK_KEY),
        // BoringSSL takes no signatures of it, so the client shows none.
        row("key: Ed25519", client().keys(TestKeys.ed25519()).issuedBy(CA), NO_CERTIFICATE),
        row("signed: SHA-1", client().signedWith("SHA1withECDSA").issuedBy(CA), WEAK_SIGNATURE),
        row("signed: SHA-1, RSA", rsa("SHA1withRSA"), WEAK_SIGNATURE),
        row("signed: SHA-1, RSA-PSS", rsa("SHA1withRSAandMGF1"), WEAK_SIGNATURE),
        row("signed: MD5", rsa("MD5withRSA"), WEAK_SIGNATURE));
  }

  private static Arguments row(String what, Issued own, RefusalReason reason) {
    String alert =
        switch (reason) {
          case NO_CERTIFICATE -> "certificate_required";
          case EXPIRED, NOT_YET_VALID -> "certificate_expired";
          case BAD_USAGE -> "unsupported_certificate";
          case WEAK_KEY, WEAK_SIGNATURE -> "bad_certificate";
          case BAD_SIGNATURE -> "closed";
          default -> "unknown_ca";
        };
    return row(what, own, alert, reason);
  }

  private static Arguments row(String what, Issued own, String alert, RefusalReason reason) {
    return Arguments.of(what, own, alert, reason);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void handshake_badCertificate_isRefused(
      String what, Issued own, String alert, RefusalReason reason) throws IOException {
    HandshakeCounts counts = new HandshakeCounts(server);

    assertThat(BareTls.of(server.port(), CA, own).refusal()).as(what).isEqualTo(alert);

    counts.awaitRefused(reason);
    assertServed(server, CA, CLIENT);
  }

  /** BoringSSL takes no signatures of it, and its clients give up as well. */
  @Test
  void handshake_keyOfP521_isGivenUpByTheClient() {
    HandshakeCounts counts = new HandshakeCounts(server);
    Issued own = client().keys(ellipticCurve("secp521r1")).issuedBy(CA);

    assertThatThrownBy(() -> BareTls.of(server.port(), CA, own).handshake())
        .isInstanceOf(SSLException.class);

    counts.awaitRefused(REFUSED_BY_PEER);
    assertServed(server, CA, CLIENT);
  }

  static Stream<Arguments> unknown() {
    return Stream.of(
        Arguments.of("no name", TestCertificates.client()),
        Arguments.of("a DNS name only", TestCertificates.client().dns("mbank.local")),
        Arguments.of("two URIs", client().uri("spiffe://mbank.local/other")),
        Arguments.of("no role", TestCertificates.client("spiffe://mbank.local/stranger")),
        Arguments.of("the name without TLS", TestCertificates.client("anonymous")),
        Arguments.of("almost ours", TestCertificates.client(TestClient.IDENTITY + "/")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unknown")
  void call_unknownIdentityOfOurCa_isUnauthenticated(String what, Request certificate) {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (TestClient client = TestClient.trusting(CA, certificate.issuedBy(CA), server.port())) {
      var bank = client.bank();
      for (Runnable call :
          new Runnable[] {
            () -> bank.listAccounts(ListAccountsRequest.getDefaultInstance()),
            () -> bank.createAccount(TestClient.opening("stranger")),
            () -> bank.deposit(TestClient.deposit("stranger", 1))
          }) {
        var error = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertEquals(Status.Code.UNAUTHENTICATED, error.getStatus().getCode(), what);
        assertEquals("UNKNOWN_IDENTITY", TestClient.reason(error), what);
      }
    }
    counts.awaitAccepted(1);
    assertServed(server, CA, CLIENT);
  }

  static Stream<Arguments> good() {
    return Stream.of(
        Arguments.of("EC P-256", CLIENT),
        Arguments.of("EC P-384", client().keys(ellipticCurve("secp384r1")).issuedBy(CA)),
        Arguments.of("RSA-2048", client().keys(STRONG).issuedBy(CA)),
        Arguments.of("RSA-PSS", rsa("SHA256withRSAandMGF1")),
        Arguments.of("intermediate sent along", client().issuedBy(INTERMEDIATE)),
        Arguments.of(
            "intermediate for any use",
            client().issuedBy(authority("any").purposes(anyExtendedKeyUsage).issuedBy(CA))),
        Arguments.of(
            "within the bounds of names",
            client().issuedBy(namesOnlyBelow("mbank.local").issuedBy(CA))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("good")
  void call_goodCertificate_isServed(String what, Issued own) {
    assertServed(server, CA, own);
    assertServed(server, CA, CLIENT);
  }

  /** A certificate that a CA with an RSA key signed so. */
  private static Issued rsa(String algorithm) {
    return client().signedWith(algorithm).issuedBy(RSA_CA);
  }

  private static Request client() {
    return TestCertificates.client(TestClient.IDENTITY);
  }

  private static Request authority(String name) {
    return TestCertificates.authority(name);
  }

  private static Request namesOnlyBelow(String host) {
    GeneralName uri = new GeneralName(GeneralName.uniformResourceIdentifier, host);
    GeneralSubtree[] permitted = {new GeneralSubtree(uri)};
    return TestCertificates.authority("CA of " + host)
        .with(Extension.nameConstraints, new NameConstraints(permitted, null));
  }
}
