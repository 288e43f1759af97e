package dev.mbank.server.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** Each file that cannot serve is told by its variable, its path and what was expected. */
class TlsFilesCheckTest {
  private static final Map<String, String> PROPERTIES =
      Map.of(
          "CA_FILE", "grpc.server.security.trust-cert-collection",
          "CERT_FILE", "grpc.server.security.certificate-chain",
          "KEY_FILE", "grpc.server.security.private-key");
  private static final String HINT = "; ./generate-certs.sh makes one)";

  @TempDir Path folder;
  private final Map<String, Object> settings = new HashMap<>();

  @BeforeEach
  void goodFiles() throws IOException, CertificateEncodingException {
    settings.put("grpc.server.security.enabled", "true");
    byte[] certificate = PeerCertificates.ofUri("spiffe://mbank.test/server").getEncoded();
    String pem = pem("CERTIFICATE", certificate);
    point("CA_FILE", write("ca.crt", pem + pem));
    point("CERT_FILE", write("server.crt", "Subject: text before\n" + pem));
    point("KEY_FILE", write("server.key", pem("PRIVATE KEY", PeerCertificates.key().getEncoded())));
  }

  @Test
  void initialize_goodFiles_passes() {
    assertThatCode(this::check).doesNotThrowAnyException();
  }

  @Test
  void initialize_withoutTls_looksAtNoFile() {
    settings.clear();
    settings.put("grpc.server.security.enabled", "false");

    assertThatCode(this::check).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"CA_FILE", "CERT_FILE", "KEY_FILE"})
  void initialize_absentFile_toldByItsVariable(String variable) {
    Path absent = folder.resolve("absent.pem");
    point(variable, absent);

    assertTold(variable + ": " + absent + " (expected: a file that is there" + HINT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"CA_FILE", "CERT_FILE", "KEY_FILE"})
  void initialize_folder_toldByItsVariable(String variable) {
    point(variable, folder);

    assertTold(variable + ": " + folder + " (expected: a file that is there" + HINT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"CA_FILE", "CERT_FILE", "KEY_FILE"})
  void initialize_emptyVariable_toldByItsVariable(String variable) {
    settings.put(PROPERTIES.get(variable), "file:");

    assertTold(variable + ": empty (expected: the path of a file" + HINT);
  }

  @ParameterizedTest
  @CsvSource({
    "CA_FILE, ''",
    "CERT_FILE, ''",
    "CA_FILE, hello",
    "CERT_FILE, hello",
    "CA_FILE, -----BEGIN CERTIFICATE-----",
    "CERT_FILE, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'",
    "CERT_FILE, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'"
  })
  void initialize_noCertificates_toldByItsVariable(String variable, String content)
      throws IOException {
    Path file = write("bad.crt", content);
    point(variable, file);

    assertTold(variable + ": " + file + " (expected: a file of PEM certificates" + HINT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "CERTIFICATE"
      })
  void initialize_keyOfAnotherForm_toldHowToConvert(String label) throws IOException {
    String content = label.contains(" ") ? pem(label, new byte[100]) : label;
    Path file = write("bad.key", content);
    point("KEY_FILE", file);

    assertTold(
        "KEY_FILE: "
            + file
            + " (expected: a PKCS#8 key in PEM, which begins with -----BEGIN PRIVATE KEY-----"
            + "; `openssl pkcs8 -topk8 -nocrypt` converts others)");
  }

  @Test
  void initialize_keyOfAnotherCertificate_isRefused() throws IOException {
    byte[] another = PeerCertificates.keys().getPrivate().getEncoded();
    assertNotTheKey(write("bad.key", pem("PRIVATE KEY", another)));
  }

  @Test
  void initialize_keyThatIsGarbageInside_isRefused() throws IOException {
    assertNotTheKey(write("bad.key", pem("PRIVATE KEY", new byte[100])));
  }

  private void assertNotTheKey(Path file) {
    point("KEY_FILE", file);

    String expected = "the private key of the certificate in CERT_FILE";
    assertTold("KEY_FILE: " + file + " (expected: " + expected + ")");
  }

  private void assertTold(String line) {
    assertThatThrownBy(this::check).isInstanceOf(SettingException.class).hasMessage(line);
  }

  private void check() {
    try (GenericApplicationContext context = new GenericApplicationContext()) {
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource("test", settings));
      new TlsFilesCheck().initialize(context);
    }
  }

  private void point(String variable, Path file) {
    settings.put(PROPERTIES.get(variable), "file:" + file);
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static String pem(String label, byte[] content) {
    String body = Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(content);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }
}
