package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.tls.TlsFiles;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.env.MockEnvironment;

class ClientSettingsTest {
  private final MockEnvironment environment = new MockEnvironment();

  @BeforeEach
  void goodValues() {
    environment.setProperty("mbank.host", "localhost");
    environment.setProperty("mbank.port", "8443");
    environment.setProperty("mbank.tls-enabled", "true");
    environment.setProperty("mbank.ca-file", "client.crt");
    environment.setProperty("mbank.cert-file", "client.crt");
    environment.setProperty("mbank.key-file", "client.key");
    environment.setProperty("mbank.crl-file", "");
    environment.setProperty("mbank.call-timeout", "5s");
    environment.setProperty("mbank.tracing-endpoint", "");
  }

  @Test
  void from_goodValues_holdsThem() {
    ClientSettings settings = ClientSettings.from(environment);

    assertThat(settings.authority()).isEqualTo("localhost:8443");
    assertThat(settings.tlsEnabled()).isTrue();
    assertThat(settings.callTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.tlsFiles())
        .isEqualTo(new TlsFiles("client.crt", "client.crt", "client.key", null));
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
        "mbank.tracing-endpoint | foo | OTEL_EXPORTER_OTLP_ENDPOINT: foo (expected: http://HOST:PORT or"
            + " https://HOST:PORT)",
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

  private void assertFails(String message) {
    assertThatThrownBy(() -> ClientSettings.from(environment))
        .isInstanceOfSatisfying(
            SettingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessage(message);
  }
}
