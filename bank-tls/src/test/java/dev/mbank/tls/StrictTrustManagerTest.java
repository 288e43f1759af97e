package dev.mbank.tls;

import static dev.mbank.tls.RefusalReason.BAD_CHAIN;
import static dev.mbank.tls.RefusalReason.BAD_USAGE;
import static dev.mbank.tls.RefusalReason.CRL_MISSING;
import static dev.mbank.tls.RefusalReason.EXPIRED;
import static dev.mbank.tls.RefusalReason.NOT_YET_VALID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.bouncycastle.asn1.x509.KeyPurposeId.anyExtendedKeyUsage;
import static org.bouncycastle.asn1.x509.KeyPurposeId.id_kp_clientAuth;
import static org.bouncycastle.asn1.x509.KeyPurposeId.id_kp_serverAuth;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.tls.fixtures.TestCrls;
import dev.mbank.tls.fixtures.TestKeys;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.RSAPrivateKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What stands above a client's leaf: intermediates, a CA without its root, a CA renewed. */
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

  /** What costs a second to check a signature with, shown by whoever can connect. */
  @Test
  void check_keyThatIsCostly_isRefusedBeforeItIsUsed() throws Exception {
    Issued other = new Request("other root").authority(1).selfSigned();
    BigInteger usual = BigInteger.valueOf(65537);
    Issued huge = authority("huge").keys(rsa(8300, usual)).issuedBy(other);
    Issued slow = authority("slow").keys(rsa(2200, BigInteger.valueOf(131073))).issuedBy(other);
    Issued large = authority("large").keys(rsa(8100, usual)).issuedBy(other);

    assertThat(refusal(client().issuedBy(huge), ROOT)).isEqualTo(RefusalReason.WEAK_KEY);
    assertThat(refusal(client().issuedBy(slow), ROOT)).isEqualTo(RefusalReason.WEAK_KEY);
    assertThat(refusal(client().issuedBy(large), ROOT)).isEqualTo(RefusalReason.UNTRUSTED);
    assertThat(refusal(client().issuedBy(large), other)).isNull();
  }

  /** Of small primes, which are found at once; what signs with it is as valid as any. */
  private static KeyPair rsa(int bits, BigInteger exponent) throws GeneralSecurityException {
    Random random = new Random(1);
    BigInteger modulus = BigInteger.ONE;
    BigInteger phi = BigInteger.ONE;
    while (modulus.bitLength() < bits - 70) {
      BigInteger prime = BigInteger.probablePrime(64, random);
      BigInteger less = prime.subtract(BigInteger.ONE);
      if (less.gcd(exponent).equals(BigInteger.ONE)) {
        modulus = modulus.multiply(prime);
        phi = phi.multiply(less);
      }
    }
    KeyFactory keys = KeyFactory.getInstance("RSA");
    return new KeyPair(
        keys.generatePublic(new RSAPublicKeySpec(modulus, exponent)),
        keys.generatePrivate(new RSAPrivateKeySpec(modulus, exponent.modInverse(phi))));
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

  /** A root renewed: same name, same key, other dates and another serial number. */
  @Test
  void check_authorityRenewedWithItsKey_oldLeavesStayGood() throws Exception {
    KeyPair keys = TestKeys.ellipticCurve("secp256r1");
    Instant now = Instant.now();
    Issued old = renewed(keys, now.minusSeconds(7200), now.plusSeconds(600));
    Issued gone = renewed(keys, now.minusSeconds(7200), now.minusSeconds(600));
    Issued early = renewed(keys, now.plusSeconds(600), now.plusSeconds(7200));
    Issued next = renewed(keys, now.minusSeconds(60), now.plus(Duration.ofDays(365)));
    Issued oldLeaf = client().issuedBy(old);
    Issued withOldRoot =
        new Issued(oldLeaf.certificate(), oldLeaf.key(), List.of(old.certificate()));

    assertThat(refusal(oldLeaf, next)).isNull();
    assertThat(refusal(withOldRoot, next)).as("the old root sent along").isNull();
    assertThat(refusal(client().issuedBy(next), old)).as("not yet renewed here").isNull();
    for (Issued other : List.of(old, gone, early)) {
      assertThat(refusal(oldLeaf, other, next)).isNull();
      assertThat(refusal(oldLeaf, next, other)).isNull();
    }
    assertThat(refusal(oldLeaf, gone)).isEqualTo(EXPIRED);
  }

  @Test
  void check_authorityRenewedWithItsKey_itsListStaysGood(@TempDir Path folder) throws Exception {
    KeyPair keys = TestKeys.ellipticCurve("secp256r1");
    Instant now = Instant.now();
    Issued old = renewed(keys, now.minusSeconds(7200), now.plusSeconds(600));
    Issued next = renewed(keys, now.minusSeconds(60), now.plusSeconds(7200));
    Issued revoked = client().issuedBy(old);
    RevocationLists lists = lists(folder, TestCrls.of(old, revoked));

    assertThat(refusal(lists, client().issuedBy(old), next)).isNull();
    assertThat(refusal(lists, revoked, next)).isEqualTo(RefusalReason.REVOKED);
  }

  /** RFC 5280, section 6.3.3 (f); and a list counts no more than a certificate signed so would. */
  @Test
  void check_listSignedWeaklyOrByAKeyNotForLists_doesNotCount(@TempDir Path folder)
      throws Exception {
    Issued good = authority("good").selfSigned();
    Issued noLists = authority("no lists").usage(KeyUsage.keyCertSign).selfSigned();
    String weak = TestCrls.signedWith("SHA1withECDSA", good);

    assertThat(refusal(lists(folder, TestCrls.of(good)), client().issuedBy(good), good)).isNull();
    assertThat(refusal(lists(folder, weak), client().issuedBy(good), good)).isEqualTo(CRL_MISSING);
    assertThat(refusal(lists(folder, TestCrls.of(noLists)), client().issuedBy(noLists), noLists))
        .isEqualTo(CRL_MISSING);
  }

  @Test
  void check_issuerWithoutKeyUsage_isNoAuthority() throws Exception {
    Issued unused = authority("unused").without(Extension.keyUsage).issuedBy(ROOT);

    assertThat(refusal(client().issuedBy(unused), ROOT)).isEqualTo(BAD_USAGE);
  }

  private static RevocationLists lists(Path folder, String pem) throws IOException {
    Path file = Files.writeString(folder.resolve("ca.crl"), pem);
    return new RevocationLists(PemFiles.revocationLists("CRL_FILE", file.toString()));
  }

  private static Issued renewed(KeyPair keys, Instant from, Instant until) {
    return authority("renewed").keys(keys).valid(from, until).selfSigned();
  }

  private static Request client() {
    return TestCertificates.client("spiffe://mbank.local/client");
  }

  private static Request authority(String name) {
    return TestCertificates.authority(name);
  }

  private static RefusalReason refusal(Issued client, Issued... trusted) throws Exception {
    return refusal(null, client, trusted);
  }

  /** Why the client is refused; null if it is not. */
  private static RefusalReason refusal(RevocationLists lists, Issued client, Issued... trusted)
      throws NoSuchAlgorithmException {
    List<X509Certificate> authorities = Arrays.stream(trusted).map(Issued::certificate).toList();
    try {
      new StrictTrustManager(authorities, lists)
          .checkClientTrusted(client.chain(), "UNKNOWN", SSLContext.getDefault().createSSLEngine());
      return null;
    } catch (CertificateException e) {
      return CertificateRefusedException.among(e).reason();
    }
  }
}
