package dev.mbank.tls;

import static dev.mbank.tls.RefusalReason.BAD_USAGE;
import static dev.mbank.tls.RefusalReason.EXPIRED;
import static dev.mbank.tls.RefusalReason.NOT_YET_VALID;
import static dev.mbank.tls.RefusalReason.WEAK_KEY;
import static dev.mbank.tls.RefusalReason.WEAK_SIGNATURE;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a certificate must be beyond a valid chain (RFC 5280): the TLS libraries accept RSA-1024,
 * SHA-1, leaves for no purpose and servers without alternative names. Much of it is what SPIFFE's
 * X.509-SVID asks for, sections 4 and 5.
 */
final class CertificateRules {
  private static final int MIN_RSA_BITS = 2048;
  private static final int MIN_EC_BITS = 256;
  private static final int MAX_EC_BITS = 384;
  private static final int MAX_RSA_BITS = 8192;

  /** Those of 65537, which is in use everywhere. */
  private static final int MAX_RSA_EXPONENT_BITS = 17;

  /** Bits of the key usage extension (RFC 5280, section 4.2.1.3). */
  private static final int DIGITAL_SIGNATURE = 0;

  private static final int KEY_CERT_SIGN = 5;
  private static final int CRL_SIGN = 6;

  /** GeneralName's tag of a DNS name (RFC 5280, section 4.2.1.6). */
  private static final int DNS_NAME = 2;

  /** Java would match a * anywhere in any label. */
  private static final Pattern WILDCARD = Pattern.compile("(\\*\\.)?[^*]*");

  private static final String ANY_PURPOSE = "2.5.29.37.0";
  private static final String PSS = "RSASSA-PSS";
  private static final String MALFORMED = "malformed";

  /** In the name of a signature. */
  private static final Set<String> WEAK = Set.of("SHA1", "MD5", "MD2", MALFORMED);

  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String NAME_CONSTRAINTS = "2.5.29.30";

  /** Basic constraints, key usage, extended key usage. */
  private static final Set<String> CHECKED_OF_ANY =
      Set.of(BASIC_CONSTRAINTS, "2.5.29.15", "2.5.29.37");

  private CertificateRules() {}

  /** Any certificate, of a leaf or above it: its signature and its key are strong. */
  static void requireStrong(X509Certificate certificate) throws CertificateRefusedException {
    String signature = signature(certificate.getSigAlgName(), certificate.getSigAlgParams());
    if (isWeak(signature)) {
      throw refused(
          WEAK_SIGNATURE, certificate, "signature: " + signature + " (expected: SHA-256 or more)");
    }
    PublicKey key = certificate.getPublicKey();
    if (key instanceof RSAPublicKey rsa) {
      atLeast(MIN_RSA_BITS, rsa.getModulus().bitLength(), "RSA", certificate);
    } else if (key instanceof ECPublicKey ec) {
      int bits = ec.getParams().getCurve().getField().getFieldSize();
      atLeast(MIN_EC_BITS, bits, "EC", certificate);
    } else if (!(key instanceof EdECPublicKey)) {
      throw unknownKey(certificate);
    }
  }

  /**
   * Any that a peer shows, before its key is used: some keys take seconds to check a signature
   * with, and nobody has shown yet that he may have that of us.
   */
  static void requireAffordable(X509Certificate shown) throws CertificateRefusedException {
    if (shown.getPublicKey() instanceof RSAPublicKey rsa) {
      atMost(MAX_RSA_BITS, rsa.getModulus().bitLength(), "RSA of", shown);
      atMost(MAX_RSA_EXPONENT_BITS, rsa.getPublicExponent().bitLength(), "exponent of", shown);
    } else if (!(shown.getPublicKey() instanceof ECPublicKey)
        && !(shown.getPublicKey() instanceof EdECPublicKey)) {
      throw unknownKey(shown);
    }
  }

  /** A leaf: for this end of a connection, to sign with, and no CA. */
  static void requireLeaf(X509Certificate leaf, PeerKind kind) throws CertificateRefusedException {
    requireStrong(leaf);
    if (leaf.getExtensionValue(BASIC_CONSTRAINTS) == null) {
      throw refused(BAD_USAGE, leaf, "basic constraints: none (expected: CA:FALSE)");
    }
    if (leaf.getBasicConstraints() != -1) {
      throw refused(BAD_USAGE, leaf, "basic constraints: CA:TRUE (expected: CA:FALSE)");
    }
    boolean[] usage = leaf.getKeyUsage();
    if (usage == null || !usage[DIGITAL_SIGNATURE]) {
      throw refused(
          BAD_USAGE,
          leaf,
          "key usage: " + (usage == null ? "none" : "others") + " (expected: digitalSignature)");
    }
    if (usage[KEY_CERT_SIGN]) {
      throw refused(BAD_USAGE, leaf, "key usage: keyCertSign (expected: digitalSignature only)");
    }
    List<String> purposes = purposes(leaf);
    if (!purposes.contains(kind.purposeOid)) {
      throw wrongPurpose(leaf, purposes.isEmpty() ? "none" : purposes.toString(), kind);
    }
    if (kind == PeerKind.SERVER) {
      requireNames(leaf);
    }
  }

  /** A server's: it has some, and a wildcard stands for one whole label (RFC 9525, section 6.3). */
  private static void requireNames(X509Certificate leaf) throws CertificateRefusedException {
    Collection<List<?>> names = names(leaf);
    if (names.isEmpty()) {
      throw refused(
          RefusalReason.WRONG_NAME,
          leaf,
          "subject alternative names: none (expected: the server's names; a common name is none)");
    }
    for (List<?> name : names) {
      if (name.get(0).equals(DNS_NAME) && !WILDCARD.matcher((String) name.get(1)).matches()) {
        throw refused(
            RefusalReason.WRONG_NAME,
            leaf,
            "DNS name: " + name.get(1) + " (expected: * as the whole leftmost label only)");
      }
    }
  }

  /** Of our own: BoringSSL signs handshakes with RSA, P-256 and P-384, and with nothing else. */
  static void requireUsable(X509Certificate own) throws CertificateRefusedException {
    PublicKey key = own.getPublicKey();
    boolean usable =
        key instanceof RSAPublicKey
            || (key instanceof ECPublicKey ec
                && ec.getParams().getCurve().getField().getFieldSize() <= MAX_EC_BITS);
    if (!usable) {
      throw refused(
          WEAK_KEY, own, "key: " + key.getAlgorithm() + " (expected: RSA, P-256 or P-384)");
    }
  }

  /** A CA to trust: it may sign certificates, and its key is strong. */
  static void requireAuthority(X509Certificate ca) throws CertificateRefusedException {
    requireStrong(ca);
    boolean[] usage = ca.getKeyUsage();
    if (usage == null) {
      throw refused(BAD_USAGE, ca, "key usage: none (expected: keyCertSign)");
    }
    if (ca.getBasicConstraints() == -1 || !usage[KEY_CERT_SIGN]) {
      throw refused(BAD_USAGE, ca, "certificate: no CA (expected: CA:TRUE and keyCertSign)");
    }
  }

  /**
   * A CA that is trusted without the one that issued it, so that no path leads through it: what it
   * says of those below must be among what is checked without a path.
   */
  static void requireRootless(X509Certificate ca) throws CertificateRefusedException {
    Set<String> binding = new TreeSet<>();
    if (ca.getCriticalExtensionOIDs() != null) {
      binding.addAll(ca.getCriticalExtensionOIDs());
      binding.removeAll(CHECKED_OF_ANY);
    }
    if (ca.getExtensionValue(NAME_CONSTRAINTS) != null) {
      binding.add(NAME_CONSTRAINTS); // They bind even where they are not critical.
    }
    if (!binding.isEmpty()) {
      throw refused(
          RefusalReason.BAD_CHAIN,
          ca,
          "extensions: "
              + binding
              + ", which bind only below its root (expected: the root in CA_FILE too)");
    }
  }

  /** One above a leaf: if it has purposes, then they bind what is below it. */
  static void requireAllows(PeerKind kind, X509Certificate issuer)
      throws CertificateRefusedException {
    List<String> purposes = purposes(issuer);
    if (!purposes.isEmpty()
        && !purposes.contains(kind.purposeOid)
        && !purposes.contains(ANY_PURPOSE)) {
      throw wrongPurpose(issuer, purposes.toString(), kind);
    }
  }

  static void requireValidAt(Instant now, X509Certificate certificate)
      throws CertificateRefusedException {
    if (now.isAfter(certificate.getNotAfter().toInstant())) {
      throw refused(EXPIRED, certificate, "expired at " + certificate.getNotAfter().toInstant());
    }
    if (now.isBefore(certificate.getNotBefore().toInstant())) {
      throw refused(
          NOT_YET_VALID, certificate, "not valid before " + certificate.getNotBefore().toInstant());
    }
  }

  /** Whether it is signed as well as a certificate must be, by a key that may sign lists. */
  static boolean isListOf(X509Certificate issuer, X509CRL list) {
    boolean[] usage = issuer.getKeyUsage();
    return usage != null
        && usage[CRL_SIGN]
        && !isWeak(signature(list.getSigAlgName(), list.getSigAlgParams()));
  }

  private static boolean isWeak(String signature) {
    return WEAK.stream().anyMatch(signature::contains);
  }

  /** With RSASSA-PSS the hash is a parameter, and SHA-1 where there is none (RFC 8017, A.2.3). */
  private static String signature(String algorithm, byte @Nullable [] parameters) {
    String name = algorithm.toUpperCase(Locale.ROOT);
    if (!name.equals(PSS)) {
      return name;
    }
    try {
      PSSParameterSpec spec = PSSParameterSpec.DEFAULT;
      if (parameters != null) {
        AlgorithmParameters parsed = AlgorithmParameters.getInstance(PSS);
        parsed.init(parameters);
        spec = parsed.getParameterSpec(PSSParameterSpec.class);
      }
      return spec.getDigestAlgorithm().replace("SHA-", "SHA") + " with " + PSS;
    } catch (GeneralSecurityException | IOException e) {
      return PSS + ", " + MALFORMED;
    }
  }

  private static void atLeast(int least, int bits, String kind, X509Certificate certificate)
      throws CertificateRefusedException {
    if (bits < least) {
      throw refused(
          WEAK_KEY,
          certificate,
          "key: " + kind + " of " + bits + " bits (expected: " + least + " or more)");
    }
  }

  private static void atMost(int most, int bits, String what, X509Certificate certificate)
      throws CertificateRefusedException {
    if (bits > most) {
      throw refused(
          WEAK_KEY,
          certificate,
          "key: " + what + " " + bits + " bits (expected: " + most + " or less)");
    }
  }

  private static CertificateRefusedException unknownKey(X509Certificate certificate) {
    return refused(
        WEAK_KEY,
        certificate,
        "key: " + certificate.getPublicKey().getAlgorithm() + " (expected: RSA, EC or Ed25519)");
  }

  private static List<String> purposes(X509Certificate certificate)
      throws CertificateRefusedException {
    try {
      List<String> purposes = certificate.getExtendedKeyUsage();
      return purposes == null ? List.of() : purposes;
    } catch (CertificateParsingException e) {
      throw refused(BAD_USAGE, certificate, "extended key usage: malformed");
    }
  }

  private static CertificateRefusedException wrongPurpose(
      X509Certificate certificate, String purposes, PeerKind kind) {
    return refused(
        BAD_USAGE,
        certificate,
        "extended key usage: " + named(purposes) + " (expected: " + kind.purpose + ")");
  }

  /** By the names of RFC 5280 where we know them. */
  private static String named(String purposes) {
    String named = purposes;
    for (PeerKind kind : PeerKind.values()) {
      named = named.replaceAll("\\b" + Pattern.quote(kind.purposeOid) + "\\b(?!\\.)", kind.purpose);
    }
    return named;
  }

  static boolean hasDnsName(X509Certificate leaf) {
    return names(leaf).stream().anyMatch(name -> name.get(0).equals(DNS_NAME));
  }

  private static Collection<List<?>> names(X509Certificate leaf) {
    try {
      Collection<List<?>> names = leaf.getSubjectAlternativeNames();
      return names == null ? List.of() : names;
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }

  private static CertificateRefusedException refused(
      RefusalReason reason, X509Certificate certificate, String message) {
    return new CertificateRefusedException(reason, certificate, message);
  }
}
