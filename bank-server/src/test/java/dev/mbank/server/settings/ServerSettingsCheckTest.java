package dev.mbank.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.io.ClassPathResource;

/** Variables as an operator sets them, through the real application.yml. */
class ServerSettingsCheckTest {
  private static final String A_PORT = " (expected: 0-65535; 0 takes a free port)";
  private static final String A_HOST =
      " (expected: an address of this machine, a name of one, or * for all)";

  private static final String A_COLLECTOR = " (expected: http://HOST:PORT or https://HOST:PORT)";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OTEL_EXPORTER_OTLP_ENDPOINT | foo | OTEL_EXPORTER_OTLP_ENDPOINT: foo" + A_COLLECTOR,
        "OTEL_EXPORTER_OTLP_ENDPOINT | h:4318 | OTEL_EXPORTER_OTLP_ENDPOINT: h:4318" + A_COLLECTOR,
        "PORT | 70000 | PORT: 70000" + A_PORT,
        "PORT | 65536 | PORT: 65536" + A_PORT,
        "PORT | 99999999999999999999 | PORT: 99999999999999999999" + A_PORT,
        "PORT | -1 | PORT: -1" + A_PORT,
        "PORT | https | PORT: https" + A_PORT,
        "PORT | 8443.0 | PORT: 8443.0" + A_PORT,
        "PORT | '' | PORT: empty" + A_PORT,
        "MANAGEMENT_PORT | 70000 | MANAGEMENT_PORT: 70000" + A_PORT,
        "MANAGEMENT_PORT | 8443 | MANAGEMENT_PORT: 8443 (expected: another port than PORT)",
        "MANAGEMENT_PORT | ' ' | MANAGEMENT_PORT: empty" + A_PORT,
        "TLS_ENABLED | yes | TLS_ENABLED: yes (expected: true or false)",
        "TLS_ENABLED | FALSE | TLS_ENABLED: FALSE (expected: true or false)",
        "TLS_ENABLED | '' | TLS_ENABLED: empty (expected: true or false)",
        "REFLECTION_ENABLED | 1 | REFLECTION_ENABLED: 1 (expected: true or false)",
        "HOST | '' | HOST: empty" + A_HOST,
        "HOST | no-such-host.invalid | HOST: no-such-host.invalid" + A_HOST,
        "HOST | 192.0.2.1 | HOST: 192.0.2.1" + A_HOST,
        "HOST | [::1 | HOST: [::1" + A_HOST,
        "DATABASE_URL | '' | DATABASE_URL: empty (expected: jdbc:sqlite: and the path of a file)",
        "MANAGEMENT_HOST | '' | MANAGEMENT_HOST: empty" + A_HOST,
        "MANAGEMENT_HOST | 192.0.2.1 | MANAGEMENT_HOST: 192.0.2.1" + A_HOST,
        "MANAGEMENT_HOST | no-such.invalid | MANAGEMENT_HOST: no-such.invalid" + A_HOST
      })
  void initialize_wrongVariable_oneExactLine(String variable, String value, String line) {
    assertThatThrownBy(() -> check(Map.of(variable, value)))
        .isInstanceOf(SettingException.class)
        .hasMessage(line);
  }

  @ParameterizedTest
  @CsvSource({
    "max-inbound-message-size, 1KB, 64MB, 3GB",
    "max-inbound-message-size, 1KB, 64MB, -1B",
    "max-inbound-message-size, 1KB, 64MB, big",
    "max-inbound-metadata-size, 1KB, 1MB, 2MB",
    "permit-keep-alive-time, 1s, 1d, 0s",
    "max-connection-idle, 1s, 1d, 10d",
    "max-connection-age, 1s, 1d, 25h",
    "max-connection-age, 1s, 1d, ''",
    "max-connection-age-grace, 1s, 1h, 61m",
    "shutdown-grace-period, 0s, 1h, -1s"
  })
  void initialize_limitOfTheStarterBeyondItsOwn_oneExactLine(
      String name, String least, String most, String wrong) throws IOException {
    String property = "grpc.server." + name;

    assertThat(check(Map.of(property, least))).isNotNull();
    assertThat(check(Map.of(property, most))).isNotNull();
    assertThatThrownBy(() -> check(Map.of(property, wrong)))
        .isInstanceOf(SettingException.class)
        .hasMessage(
            "%s: %s (expected: %s to %s)",
            property, wrong.isEmpty() ? "empty" : wrong, least, most);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MBANK_ACCESS_GRANTS_0_IDENTITY",
        "MBANK_ACCESS_GRANTS_1_ROLES_0",
        "mbank.access.grants[0].identity"
      })
  void initialize_grantOfEarlierDays_saysWhatToUseInstead(String variable) {
    assertThatThrownBy(() -> check(Map.of(variable, "x")))
        .isInstanceOf(SettingException.class)
        .hasMessage(
            variable
                + ": x (expected: unset; grants are lines of the file that POLICY_FILE names)");
  }

  @Test
  void initialize_valueOfSeveralLines_isToldOnOne() {
    assertThatThrownBy(() -> check(Map.of("PORT", "8443\nbank-server: all is well")))
        .hasMessage("PORT: 8443?bank-server: all is well" + A_PORT);
  }

  @Test
  void initialize_noVariable_defaultsAreRight() throws IOException {
    ConfigurableEnvironment environment = check(Map.of());

    assertThat(environment.getProperty("grpc.server.address")).isIn("127.0.0.1", "0:0:0:0:0:0:0:1");
    assertThat(environment.getProperty("grpc.server.port")).isEqualTo("8443");
    assertThat(environment.getProperty("grpc.server.security.enabled")).isEqualTo("true");
    assertThat(environment.getProperty("grpc.server.security.client-auth")).isEqualTo("REQUIRE");
    assertThat(environment.getProperty("grpc.server.security.protocols")).isEqualTo("TLSv1.3");
    assertThat(environment.getProperty("grpc.server.reflection-service-enabled"))
        .isEqualTo("false");
    assertThat(environment.getProperty("server.address")).isEqualTo("127.0.0.1");
    assertThat(environment.getProperty("server.port")).isEqualTo("8081");
  }

  @ParameterizedTest
  @CsvSource({"*, *", "127.0.0.1, 127.0.0.1", "::1, 0:0:0:0:0:0:0:1", "0.0.0.0, 0.0.0.0"})
  void initialize_hostOfAnyForm_isAnAddressForTheStarter(String host, String address)
      throws IOException {
    ConfigurableEnvironment environment = check(Map.of("HOST", host));

    assertThat(environment.getProperty("grpc.server.address")).isEqualTo(address);
  }

  @ParameterizedTest
  @CsvSource({"*, 0.0.0.0", "localhost, 127.0.0.1", "::1, 0:0:0:0:0:0:0:1"})
  void initialize_managementHostOfAnyForm_isAnAddress(String host, String address)
      throws IOException {
    ConfigurableEnvironment environment = check(Map.of("MANAGEMENT_HOST", host));

    assertThat(environment.getProperty("server.address")).isEqualTo(address);
  }

  @ParameterizedTest
  @CsvSource({
    "PORT, 0",
    "PORT, 65535",
    "PORT, ' 8443 '",
    "TLS_ENABLED, false",
    "HOST, localhost",
    "OTEL_EXPORTER_OTLP_ENDPOINT, ''",
    "OTEL_EXPORTER_OTLP_ENDPOINT, http://otel:4318",
    "OTEL_EXPORTER_OTLP_ENDPOINT, https://otel.example/base"
  })
  void initialize_valueAtItsLimits_passes(String variable, String value) throws IOException {
    assertThat(check(Map.of(variable, value))).isNotNull();
  }

  @Test
  void initialize_bothPortsFree_passes() throws IOException {
    assertThat(check(Map.of("PORT", "0", "MANAGEMENT_PORT", "0"))).isNotNull();
  }

  private static ConfigurableEnvironment check(Map<String, Object> variables) throws IOException {
    try (GenericApplicationContext context = new GenericApplicationContext()) {
      ConfigurableEnvironment environment = context.getEnvironment();
      environment.getPropertySources().addFirst(new MapPropertySource("variables", variables));
      new YamlPropertySourceLoader()
          .load("yaml", new ClassPathResource("application.yml"))
          .forEach(environment.getPropertySources()::addLast);
      new ServerSettingsCheck().initialize(context);
      return environment;
    }
  }
}
