package dev.mbank.tls;

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
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads PEM files. The TLS library could do so by itself, but its errors name no variable, and an
 * empty file of CAs would be the system's CAs to it.
 */
final class PemFiles {
  static final String HINT = "; ./generate-certs.sh makes one";

  private static final String CERTIFICATES = "a readable file of PEM certificates";
  private static final String KEY = "a readable file with an unencrypted PKCS#8 private key in PEM";
  private static final String LISTS =
      "a readable file of PEM revocation lists; ./generate-certs.sh crl makes one";

  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");

  /** What a key file may hold instead, and its name. */
  private static final Map<String, String> OTHER_KEYS =
      Map.of(
          "-----BEGIN ENCRYPTED PRIVATE KEY-----", "it is encrypted",
          "-----BEGIN RSA PRIVATE KEY-----", "it is PKCS#1",
          "-----BEGIN EC PRIVATE KEY-----", "it is SEC1");

  private PemFiles() {}

  static List<X509Certificate> certificates(String variable, String file) {
    byte[] content = read(variable, file, CERTIFICATES, HINT).getBytes(StandardCharsets.ISO_8859_1);
    String expected = CERTIFICATES + ", but it holds none" + HINT;
    try {
      Collection<?> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(content));
      if (!found.isEmpty()) {
        return found.stream().map(X509Certificate.class::cast).toList();
      }
    } catch (CertificateException e) {
      throw new TlsFileException(variable, file, expected, e);
    }
    throw new TlsFileException(variable, file, expected);
  }

  /**
   * @param algorithm of the certificate's key: EC, RSA, EdDSA
   */
  static PrivateKey key(String variable, String file, String algorithm) {
    String pem = read(variable, file, KEY, HINT);
    OTHER_KEYS.forEach(
        (begin, what) -> {
          if (pem.contains(begin)) {
            String convert = "; convert it with: openssl pkcs8 -topk8 -nocrypt";
            throw new TlsFileException(variable, file, KEY + ", but " + what + convert);
          }
        });
    Matcher pkcs8 = PKCS8.matcher(pem);
    if (!pkcs8.find()) {
      throw new TlsFileException(variable, file, KEY + ", but it holds none" + HINT);
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(pkcs8.group(1));
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new TlsFileException(
          variable, file, "the private key of the certificate in CERT_FILE", e);
    }
  }

  static List<X509CRL> revocationLists(String variable, String file) {
    byte[] content = read(variable, file, LISTS, "").getBytes(StandardCharsets.ISO_8859_1);
    try {
      Collection<?> found =
          CertificateFactory.getInstance("X.509").generateCRLs(new ByteArrayInputStream(content));
      List<X509CRL> lists = found.stream().map(X509CRL.class::cast).toList();
      if (lists.isEmpty()) {
        throw new TlsFileException(variable, file, LISTS + ", but it holds none");
      }
      for (X509CRL list : lists) {
        Set<String> critical = list.getCriticalExtensionOIDs(); // Null if there is no extension.
        if (critical != null && !critical.isEmpty()) {
          throw new TlsFileException(
              variable, file, "complete revocation lists, without critical extensions");
        }
      }
      return lists;
    } catch (CertificateException | CRLException e) {
      throw new TlsFileException(variable, file, LISTS + ", but it holds none", e);
    }
  }

  private static String read(String variable, String file, String expected, String hint) {
    if (file.isBlank()) {
      throw new TlsFileException(variable, file, expected + hint);
    }
    try {
      if (Files.isDirectory(Path.of(file))) {
        throw new TlsFileException(variable, file, expected + ", but it is a folder");
      }
      return Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new TlsFileException(
          variable, file, expected + ", but there is no such file" + hint, e);
    } catch (IOException | InvalidPathException e) {
      throw new TlsFileException(variable, file, expected + hint, e);
    }
  }
}
