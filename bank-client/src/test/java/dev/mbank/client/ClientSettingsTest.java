package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.env.MockEnvironment;

class ClientSettingsTest {
  private static final String MAKE_ONE = "; ./generate-certs.sh makes one)";

  @TempDir Path dir;

  private final MockEnvironment environment = new MockEnvironment();

  @BeforeEach
  void writeFiles() throws Exception {
    writePair("EC", "SHA256withECDSA");
    environment.setProperty("mbank.host", "localhost");
    environment.setProperty("mbank.port", "8443");
    environment.setProperty("mbank.tls-enabled", "true");
    environment.setProperty("mbank.ca-file", file("client.crt"));
    environment.setProperty("mbank.cert-file", file("client.crt"));
    environment.setProperty("mbank.key-file", file("client.key"));
    environment.setProperty("mbank.call-timeout", "5s");
  }

  @Test
  void from_goodValues_holdsThem() {
    ClientSettings settings = ClientSettings.from(environment);

    assertThat(settings.authority()).isEqualTo("localhost:8443");
    assertThat(settings.tlsEnabled()).isTrue();
    assertThat(settings.callTimeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @CsvSource({
    "bank.example.com, bank.example.com:8443, dns:///bank.example.com:8443",
    "10.0.0.1, 10.0.0.1:8443, dns:///10.0.0.1:8443",
    "::1, [::1]:8443, static://[::1]:8443",
    "[fe80::1], [fe80::1]:8443, static://[fe80::1]:8443",
    "bank_server, bank_server:8443, dns:///bank_server:8443",
  })
  void authority_ofHost_bracketsIpv6(String host, String authority, String target) {
    environment.setProperty("mbank.host", host);

    assertThat(ClientSettings.from(environment).authority()).isEqualTo(authority);
    assertThat(ClientSettings.from(environment).target()).isEqualTo(target);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mbank.port | 70000 | PORT: 70000 (expected: 1-65535)",
        "mbank.port | 0 | PORT: 0 (expected: 1-65535)",
        "mbank.port | -1 | PORT: -1 (expected: 1-65535)",
        "mbank.port | 8443x | PORT: 8443x (expected: 1-65535)",
        "mbank.port | '' | PORT: empty (expected: 1-65535)",
        "mbank.tls-enabled | maybe | TLS_ENABLED: maybe (expected: true or false)",
        "mbank.tls-enabled | '' | TLS_ENABLED: empty (expected: true or false)",
        "mbank.host | '' | HOST: empty (expected: a host name or an IP address)",
        "mbank.host | a/b | HOST: a/b (expected: a host name or an IP address)",
        "mbank.host | a:1 b | HOST: a:1 b (expected: a host name or an IP address)",
        "mbank.call-timeout | 10 | MBANK_CALL_TIMEOUT: 10 (expected: a duration above 0s, up to 1h,"
            + " such as 5s or 500ms)",
        "mbank.call-timeout | soon | MBANK_CALL_TIMEOUT: soon (expected: a duration above 0s, up to"
            + " 1h, such as 5s or 500ms)",
        "mbank.call-timeout | 0s | MBANK_CALL_TIMEOUT: 0s (expected: a duration above 0s, up to 1h,"
            + " such as 5s or 500ms)",
      })
  void from_badValue_namesVariableValueAndExpected(String property, String value, String message) {
    environment.setProperty(property, value);

    assertFails(message);
  }

  @ParameterizedTest
  @CsvSource({"mbank.ca-file, CA_FILE", "mbank.cert-file, CERT_FILE"})
  void from_badCertificateFile_namesItsVariable(String property, String variable)
      throws IOException {
    String expected = " (expected: a readable file of PEM certificates";
    Files.writeString(dir.resolve("garbage"), "no PEM");
    Files.writeString(dir.resolve("empty"), "");

    environment.setProperty(property, file("absent"));
    assertFails(
        variable + ": " + file("absent") + expected + ", but there is no such file" + MAKE_ONE);
    environment.setProperty(property, "");
    assertFails(variable + ": empty" + expected + MAKE_ONE);
    environment.setProperty(property, dir.toString());
    assertFails(variable + ": " + dir + expected + MAKE_ONE);
    environment.setProperty(property, file("empty"));
    assertFails(variable + ": " + file("empty") + expected + ", but it holds none" + MAKE_ONE);
    environment.setProperty(property, file("garbage"));
    assertFails(variable + ": " + file("garbage") + expected + ", but it holds none" + MAKE_ONE);
  }

  @ParameterizedTest
  @CsvSource({
    "ENCRYPTED PRIVATE KEY, it is encrypted",
    "RSA PRIVATE KEY, it is PKCS#1",
    "EC PRIVATE KEY, it is SEC1",
  })
  void from_keyOfOtherForm_namesTheForm(String label, String what) throws IOException {
    Files.writeString(dir.resolve("client.key"), pem(label, new byte[] {1}));

    assertFails(
        "KEY_FILE: %s (expected: a readable file with an unencrypted PKCS#8 private key in PEM, but"
                .formatted(file("client.key"))
            + " %s; convert it with: openssl pkcs8 -topk8 -nocrypt)".formatted(what));
  }

  @Test
  void from_fileWithoutKey_namesKeyFile() {
    environment.setProperty("mbank.key-file", file("client.crt"));

    assertFails(
        "KEY_FILE: %s (expected: a readable file with an unencrypted PKCS#8 private key in PEM, but"
                .formatted(file("client.crt"))
            + " it holds none"
            + MAKE_ONE);
  }

  @ParameterizedTest
  @CsvSource({"EC, SHA256withECDSA", "RSA, SHA256withRSA", "Ed25519, Ed25519"})
  void from_keyOfAnotherPair_namesKeyFile(String algorithm, String signature) throws Exception {
    writePair(algorithm, signature);
    assertThat(ClientSettings.from(environment)).isNotNull();
    byte[] other = KeyPairGenerator.getInstance("EC").generateKeyPair().getPrivate().getEncoded();
    Files.writeString(dir.resolve("client.key"), pem("PRIVATE KEY", other));

    assertFails(
        "KEY_FILE: %s (expected: the private key of the certificate in CERT_FILE %s)"
            .formatted(file("client.key"), file("client.crt")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mbank.ca-file", "mbank.cert-file", "mbank.key-file"})
  void from_plaintext_needsNoFiles(String property) {
    environment.setProperty("mbank.tls-enabled", "false");
    environment.setProperty(property, "absent");

    assertThat(ClientSettings.from(environment).tlsEnabled()).isFalse();
  }

  private void assertFails(String message) {
    assertThatThrownBy(() -> ClientSettings.from(environment))
        .isInstanceOfSatisfying(
            SettingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessage(message);
  }

  private String file(String name) {
    return dir.resolve(name).toString();
  }

  /** A key and a certificate that it signed itself. */
  private void writePair(String algorithm, String signature)
      throws GeneralSecurityException, IOException, OperatorCreationException {
    KeyPair pair = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
    var name = new X500Name("CN=test");
    Instant now = Instant.now();
    X509CertificateHolder certificate =
        new JcaX509v3CertificateBuilder(
                name,
                BigInteger.ONE,
                Date.from(now.minusSeconds(60)),
                Date.from(now.plusSeconds(3600)),
                name,
                pair.getPublic())
            .build(new JcaContentSignerBuilder(signature).build(pair.getPrivate()));
    Files.writeString(dir.resolve("client.crt"), pem("CERTIFICATE", certificate.getEncoded()));
    Files.writeString(
        dir.resolve("client.key"), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder().encodeToString(der), label);
  }
}
