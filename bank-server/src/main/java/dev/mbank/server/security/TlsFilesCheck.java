package dev.mbank.server.security;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Looks at the certificate files before the gRPC server does, whose own words for a bad one name
 * neither the variable nor the fault.
 */
final class TlsFilesCheck implements ApplicationContextInitializer<ConfigurableApplicationContext> {
  private static final String SECURITY = "grpc.server.security.";
  private static final String HINT = "; ./generate-certs.sh makes one";

  /** One signature for each kind of key. */
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");

  @Override
  public void initialize(ConfigurableApplicationContext context) {
    ConfigurableEnvironment environment = context.getEnvironment();
    if (environment.getRequiredProperty(SECURITY + "enabled", Boolean.class)) {
      certificates(environment, "CA_FILE", "trust-cert-collection");
      X509Certificate leaf = certificates(environment, "CERT_FILE", "certificate-chain");
      key(environment, "KEY_FILE", "private-key", leaf);
    }
  }

  /** Reads the certificates of a file, of which the first is the leaf. */
  private static X509Certificate certificates(
      ConfigurableEnvironment environment, String variable, String property) {
    Path file = file(environment, variable, property);
    try (InputStream in = Files.newInputStream(file)) {
      Iterator<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in).iterator();
      if (!found.hasNext()) {
        throw new SettingException(variable, file, "a file of PEM certificates" + HINT);
      }
      return (X509Certificate) found.next();
    } catch (IOException e) {
      throw new SettingException(variable, file, "a file that this user may read" + HINT, e);
    } catch (CertificateException e) {
      throw new SettingException(variable, file, "a file of PEM certificates" + HINT, e);
    }
  }

  private static void key(
      ConfigurableEnvironment environment, String variable, String property, X509Certificate leaf) {
    Path file = file(environment, variable, property);
    String content;
    try {
      content = Files.readString(file, ISO_8859_1);
    } catch (IOException e) {
      throw new SettingException(variable, file, "a file that this user may read" + HINT, e);
    }
    if (!content.contains("-----BEGIN PRIVATE KEY-----")) {
      throw new SettingException(
          variable,
          file,
          "a PKCS#8 key in PEM, which begins with -----BEGIN PRIVATE KEY-----"
              + "; `openssl pkcs8 -topk8 -nocrypt` converts others");
    }
    String expected = "the private key of the certificate in CERT_FILE";
    try {
      if (!belong(requireNonNull(PemContent.of(content).getPrivateKey()), leaf.getPublicKey())) {
        throw new SettingException(variable, file, expected);
      }
    } catch (GeneralSecurityException | IllegalStateException | IllegalArgumentException e) {
      throw new SettingException(variable, file, expected, e);
    }
  }

  /** Signs with one key and verifies with the other: else every handshake would fail, later. */
  private static boolean belong(PrivateKey privateKey, PublicKey publicKey)
      throws GeneralSecurityException {
    String algorithm = SIGNATURES.get(publicKey.getAlgorithm());
    if (algorithm == null) {
      return true; // A kind that we cannot try; the TLS library has the last word.
    }
    byte[] text = "mbank".getBytes(ISO_8859_1);
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(privateKey);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(publicKey);
    signature.update(text);
    return signature.verify(signed);
  }

  private static Path file(ConfigurableEnvironment environment, String variable, String property) {
    String value = environment.getProperty(SECURITY + property, "");
    String path = value.toLowerCase(Locale.ROOT).startsWith("file:") ? value.substring(5) : value;
    if (path.isBlank()) {
      throw new SettingException(variable, "empty", "the path of a file" + HINT);
    }
    Path file = Path.of(path);
    if (!Files.isRegularFile(file)) {
      throw new SettingException(variable, path, "a file that is there" + HINT);
    }
    // A path is no URL: # and % in it are characters like any other.
    String url = file.toAbsolutePath().toUri().toString();
    environment
        .getPropertySources()
        .addFirst(new MapPropertySource("path of " + variable, Map.of(SECURITY + property, url)));
    return file;
  }
}
