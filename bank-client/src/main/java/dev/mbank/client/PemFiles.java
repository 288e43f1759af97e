package dev.mbank.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks the files of {@code CA_FILE}, {@code CERT_FILE} and {@code KEY_FILE}. The TLS library
 * reads them again by itself, but its errors name no variable, and a key that is not the
 * certificate's would only show in the handshake.
 */
final class PemFiles {
  private static final String CERTIFICATES = "a readable file of PEM certificates";
  private static final String KEY = "a readable file with an unencrypted PKCS#8 private key in PEM";
  private static final String HINT = "; ./generate-certs.sh makes one";

  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");

  /** What a key file may hold instead of what gRPC reads, and its name. */
  private static final Map<String, String> OTHER_KEYS =
      Map.of(
          "-----BEGIN ENCRYPTED PRIVATE KEY-----", "it is encrypted",
          "-----BEGIN RSA PRIVATE KEY-----", "it is PKCS#1",
          "-----BEGIN EC PRIVATE KEY-----", "it is SEC1");

  /** Key algorithm of a certificate to one of its signatures. */
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");

  private PemFiles() {}

  static void check(ClientSettings settings) {
    certificates("CA_FILE", settings.caFile());
    X509Certificate leaf = certificates("CERT_FILE", settings.certFile()).get(0);
    keyOf(leaf, settings);
  }

  private static List<X509Certificate> certificates(String variable, String file) {
    byte[] content = read(variable, file, CERTIFICATES).getBytes(StandardCharsets.ISO_8859_1);
    try {
      List<X509Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(content))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (!certificates.isEmpty()) {
        return certificates;
      }
    } catch (CertificateException e) {
      throw new SettingException(variable, file, CERTIFICATES + ", but it holds none" + HINT, e);
    }
    throw new SettingException(variable, file, CERTIFICATES + ", but it holds none" + HINT);
  }

  private static void keyOf(X509Certificate leaf, ClientSettings settings) {
    String file = settings.keyFile();
    String pem = read("KEY_FILE", file, KEY);
    OTHER_KEYS.forEach(
        (begin, what) -> {
          if (pem.contains(begin)) {
            String convert = "; convert it with: openssl pkcs8 -topk8 -nocrypt";
            throw new SettingException("KEY_FILE", file, KEY + ", but " + what + convert);
          }
        });
    Matcher pkcs8 = PKCS8.matcher(pem);
    if (!pkcs8.find()) {
      throw new SettingException("KEY_FILE", file, KEY + ", but it holds none" + HINT);
    }
    String expected = "the private key of the certificate in CERT_FILE " + settings.certFile();
    try {
      byte[] der = Base64.getMimeDecoder().decode(pkcs8.group(1));
      if (!matches(leaf, new PKCS8EncodedKeySpec(der))) {
        throw new SettingException("KEY_FILE", file, expected);
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new SettingException("KEY_FILE", file, expected, e);
    }
  }

  /** Signs with the key and verifies with the certificate: true for every kind of key or none. */
  private static boolean matches(X509Certificate leaf, PKCS8EncodedKeySpec spec)
      throws GeneralSecurityException {
    String algorithm = leaf.getPublicKey().getAlgorithm();
    String signature = SIGNATURES.get(algorithm);
    if (signature == null) {
      return true; // A kind we do not know: the TLS library has the last word.
    }
    PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(spec);
    byte[] text = "mbank".getBytes(StandardCharsets.US_ASCII);
    Signature signer = Signature.getInstance(signature);
    signer.initSign(key);
    signer.update(text);
    byte[] signed = signer.sign();
    signer.initVerify(leaf.getPublicKey());
    signer.update(text);
    return signer.verify(signed);
  }

  private static String read(String variable, String file, String expected) {
    if (file.isBlank()) {
      throw new SettingException(variable, file, expected + HINT);
    }
    try {
      return Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new SettingException(
          variable, file, expected + ", but there is no such file" + HINT, e);
    } catch (IOException | InvalidPathException e) {
      throw new SettingException(variable, file, expected + HINT, e);
    }
  }
}
