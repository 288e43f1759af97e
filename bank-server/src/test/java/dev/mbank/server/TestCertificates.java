package dev.mbank.server;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes certificates for tests, good ones and bad ones, each with a key of its own:
 *
 * <pre>{@code
 * Issued ca = TestCertificates.authority("test CA").selfSigned();
 * Issued client = TestCertificates.client("spiffe://mbank.local/client").issuedBy(ca);
 * }</pre>
 */
final class TestCertificates {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SERIAL_BITS = 127;

  private TestCertificates() {}

  /** A CA whose leaves are the end: path length 0. */
  static Request authority(String commonName) {
    return new Request(commonName).authority(0);
  }

  /** A server that is called localhost or 127.0.0.1. */
  static Request server() {
    return new Request("server")
        .purposes(KeyPurposeId.id_kp_serverAuth)
        .dns("localhost")
        .ip("127.0.0.1");
  }

  /** A client with these URI subject alternative names. */
  static Request client(String... uris) {
    Request request = new Request("client").purposes(KeyPurposeId.id_kp_clientAuth);
    Arrays.stream(uris).forEach(request::uri);
    return request;
  }

  /** A certificate, what it is issued with, and its key. */
  record Issued(X509Certificate certificate, PrivateKey key, List<X509Certificate> intermediates) {

    /** What a peer sends: the certificate, then the intermediates up to the root, without it. */
    X509Certificate[] chain() {
      return Stream.concat(Stream.of(certificate), intermediates.stream())
          .toArray(X509Certificate[]::new);
    }

    /** Writes {@code name.crt}, the chain, and {@code name.key}, in PKCS#8. */
    void writeTo(Path folder, String name) {
      try {
        Files.writeString(folder.resolve(name + ".crt"), pem((Object[]) chain()));
        Files.writeString(folder.resolve(name + ".key"), pem(new JcaPKCS8Generator(key, null)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static String pem(Object... objects) throws IOException {
      StringWriter text = new StringWriter();
      try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
        for (Object object : objects) {
          writer.writeObject(object);
        }
      }
      return text.toString();
    }
  }

  /** What a certificate is to say. Without more it is a leaf for no purpose, valid for a day. */
  static final class Request {
    private final X500Name subject;
    private final List<GeneralName> names = new ArrayList<>();
    private KeyPair keys = ellipticCurve("secp256r1");
    private Instant notBefore = Instant.now().minus(Duration.ofHours(1));
    private Instant notAfter = Instant.now().plus(Duration.ofDays(1));
    private BasicConstraints constraints = new BasicConstraints(false);
    private int usage = KeyUsage.digitalSignature;
    private KeyPurposeId[] purposes = {};

    Request(String commonName) {
      subject = new X500Name("CN=" + commonName);
    }

    Request authority(int pathLength) {
      constraints = new BasicConstraints(pathLength);
      usage = KeyUsage.keyCertSign | KeyUsage.cRLSign;
      return this;
    }

    Request dns(String name) {
      names.add(new GeneralName(GeneralName.dNSName, name));
      return this;
    }

    Request ip(String address) {
      names.add(new GeneralName(GeneralName.iPAddress, address));
      return this;
    }

    Request uri(String uri) {
      names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
      return this;
    }

    Request purposes(KeyPurposeId... purposes) {
      this.purposes = purposes;
      return this;
    }

    Request valid(Instant notBefore, Instant notAfter) {
      this.notBefore = notBefore;
      this.notAfter = notAfter;
      return this;
    }

    Request keys(KeyPair keys) {
      this.keys = keys;
      return this;
    }

    Issued selfSigned() {
      return signed(subject, keys.getPrivate(), List.of());
    }

    /** Signed by an issuer, which may be a root or, if it has an issuer itself, an intermediate. */
    Issued issuedBy(Issued issuer) {
      X509Certificate its = issuer.certificate();
      boolean root = its.getSubjectX500Principal().equals(its.getIssuerX500Principal());
      return signed(
          X500Name.getInstance(its.getSubjectX500Principal().getEncoded()),
          issuer.key(),
          root ? List.of() : List.of(issuer.chain()));
    }

    private Issued signed(X500Name issuer, PrivateKey signer, List<X509Certificate> above) {
      try {
        JcaX509v3CertificateBuilder builder =
            new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, RANDOM),
                Date.from(notBefore),
                Date.from(notAfter),
                subject,
                keys.getPublic());
        addExtensions(builder);
        var content = new JcaContentSignerBuilder(algorithm(signer)).build(signer);
        X509Certificate certificate =
            new JcaX509CertificateConverter().getCertificate(builder.build(content));
        return new Issued(certificate, keys.getPrivate(), above);
      } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
        throw new IllegalStateException(e);
      }
    }

    private void addExtensions(JcaX509v3CertificateBuilder builder)
        throws GeneralSecurityException, CertIOException {
      builder.addExtension(Extension.basicConstraints, true, constraints);
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
      if (purposes.length > 0) {
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
      }
      if (!names.isEmpty()) {
        GeneralNames all = new GeneralNames(names.toArray(GeneralName[]::new));
        builder.addExtension(Extension.subjectAlternativeName, false, all);
      }
    }
  }

  static KeyPair ellipticCurve(String curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new java.security.spec.ECGenParameterSpec(curve));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String algorithm(PrivateKey signer) {
    return switch (signer.getAlgorithm()) {
      case "EC" -> "SHA256withECDSA";
      case "RSA" -> "SHA256withRSA";
      default -> signer.getAlgorithm();
    };
  }
}
