package dev.mbank.server.security;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes leaf certificates that differ in the names they bear. They sign themselves. */
public final class PeerCertificates {
  private static final KeyPair KEYS = keys();
  private static final BigInteger SERIAL = new BigInteger("5eb1a1", 16);

  private PeerCertificates() {}

  /** A certificate whose one URI is this. */
  public static X509Certificate ofUri(String uri) {
    return of("CN=test", new GeneralName(GeneralName.uniformResourceIdentifier, uri));
  }

  /** A certificate of this subject and these alternative names; without the extension if none. */
  public static X509Certificate of(String subject, GeneralName... names) {
    try {
      Instant now = Instant.now();
      X500Name name = new X500Name(subject);
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              SERIAL,
              Date.from(now.minus(1, ChronoUnit.DAYS)),
              Date.from(now.plus(1, ChronoUnit.DAYS)),
              name,
              KEYS.getPublic());
      if (names.length > 0) {
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(KEYS.getPrivate())));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** The key of every certificate that this makes. */
  static PrivateKey key() {
    return KEYS.getPrivate();
  }

  static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
