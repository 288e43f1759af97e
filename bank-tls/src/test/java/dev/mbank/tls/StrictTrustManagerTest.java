package dev.mbank.tls;

import static dev.mbank.tls.RefusalReason.BAD_CHAIN;
import static dev.mbank.tls.RefusalReason.BAD_USAGE;
import static dev.mbank.tls.RefusalReason.EXPIRED;
import static dev.mbank.tls.RefusalReason.NOT_YET_VALID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.bouncycastle.asn1.x509.KeyPurposeId.anyExtendedKeyUsage;
import static org.bouncycastle.asn1.x509.KeyPurposeId.id_kp_clientAuth;
import static org.bouncycastle.asn1.x509.KeyPurposeId.id_kp_serverAuth;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What stands above a client's leaf: intermediates, a CA without its root. */
class StrictTrustManagerTest {
  private static final Issued ROOT = new Request("root").authority(2).selfSigned();

  static Stream<Arguments> purposes() {
    return Stream.of(
        row("none", null),
        row("the client's", null, id_kp_clientAuth),
        row("both", null, id_kp_serverAuth, id_kp_clientAuth),
        row("any", null, anyExtendedKeyUsage),
        row("any and a server's", null, id_kp_serverAuth, anyExtendedKeyUsage),
        row("a server's", BAD_USAGE, id_kp_serverAuth),
        row("another", BAD_USAGE, KeyPurposeId.id_kp_codeSigning));
  }

  private static Arguments row(String what, RefusalReason reason, KeyPurposeId... purposes) {
    return Arguments.of(what, reason, purposes);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("purposes")
  void check_extendedKeyUsageOfIntermediate_mustAllowTheLeafs(
      String what, RefusalReason reason, KeyPurposeId... purposes) throws Exception {
    Issued upper = new Request("upper").authority(1).purposes(purposes).issuedBy(ROOT);
    Issued lower = authority("lower").issuedBy(upper);
    Issued last = authority("last").purposes(purposes).issuedBy(ROOT);

    assertThat(refusal(client().issuedBy(last), ROOT)).as(what).isEqualTo(reason);
    assertThat(refusal(client().issuedBy(lower), ROOT)).as(what + ", above").isEqualTo(reason);
    assertThat(refusal(client().issuedBy(last), last)).as(what + ", CA").isEqualTo(reason);
  }

  @Test
  void check_intermediateTrustedWithoutItsRoot_isAnAnchorByTheSameRules() throws Exception {
    Instant now = Instant.now();
    Issued good = authority("good").issuedBy(ROOT);
    Issued below = authority("below").issuedBy(good);
    Issued expired = authority("expired").expired().issuedBy(ROOT);
    Issued early =
        authority("early").valid(now.plusSeconds(600), now.plusSeconds(900)).issuedBy(ROOT);

    Issued leaf = client().issuedBy(good);
    Issued withRoot =
        new Issued(leaf.certificate(), leaf.key(), List.of(good.certificate(), ROOT.certificate()));

    assertThat(refusal(leaf, good)).isNull();
    assertThat(refusal(client().issuedBy(good).alone(), good)).isNull();
    assertThat(refusal(good, good)).as("as a leaf").isEqualTo(BAD_USAGE);
    assertThat(refusal(withRoot, good)).as("the root sent along").isNull();
    assertThat(refusal(client().issuedBy(expired), expired)).isEqualTo(EXPIRED);
    assertThat(refusal(client().issuedBy(early), early)).isEqualTo(NOT_YET_VALID);
    assertThat(refusal(client().issuedBy(below), good)).as("path length").isEqualTo(BAD_CHAIN);
    assertThat(refusal(client().issuedBy(below), below)).isNull();
  }

  private static Request client() {
    return TestCertificates.client("spiffe://mbank.local/client");
  }

  private static Request authority(String name) {
    return TestCertificates.authority(name);
  }

  /** Why the client is refused; null if it is not. */
  private static RefusalReason refusal(Issued client, Issued... trusted) throws Exception {
    List<X509Certificate> authorities = Arrays.stream(trusted).map(Issued::certificate).toList();
    try {
      new StrictTrustManager(authorities, null)
          .checkClientTrusted(client.chain(), "UNKNOWN", SSLContext.getDefault().createSSLEngine());
      return null;
    } catch (CertificateException e) {
      return CertificateRefusedException.among(e).reason();
    }
  }
}
