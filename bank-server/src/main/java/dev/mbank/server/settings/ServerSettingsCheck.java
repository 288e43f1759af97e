package dev.mbank.server.settings;

import dev.mbank.tracing.Tracing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.util.unit.DataSize;

/**
 * Looks at the variables before anything starts. They are read from the properties into which
 * application.yml binds them, so that a property set directly is looked at too.
 */
final class ServerSettingsCheck
    implements ApplicationContextInitializer<ConfigurableApplicationContext> {
  private static final String STARTER = "grpc.server.";

  @Override
  public void initialize(ConfigurableApplicationContext context) {
    ConfigurableEnvironment environment = context.getEnvironment();
    refuseGrants(environment);
    resolveHost(environment, "HOST", "grpc.server.address", "*");
    int port = port(environment, "PORT", "grpc.server.port");
    bool(environment, "TLS_ENABLED", "grpc.server.security.enabled");
    bool(environment, "REFLECTION_ENABLED", "grpc.server.reflection-service-enabled");
    text(environment, "DATABASE_URL", "mbank.store.url", "jdbc:sqlite: and the path of a file");
    resolveHost(environment, "MANAGEMENT_HOST", "server.address", "0.0.0.0");
    int managementPort = port(environment, "MANAGEMENT_PORT", "server.port");
    if (port != 0 && port == managementPort) {
      throw new SettingException("MANAGEMENT_PORT", managementPort, "another port than PORT");
    }
    collector(environment);
    limits(environment);
  }

  private static void collector(Environment environment) {
    String value = environment.getProperty("mbank.tracing.endpoint", "").strip();
    if (!value.isEmpty() && !Tracing.isEndpoint(value)) {
      throw new SettingException(
          "OTEL_EXPORTER_OTLP_ENDPOINT", value, "http://HOST:PORT or https://HOST:PORT");
    }
  }

  /** Those that the starter has, which takes whatever it is told. */
  private static void limits(Environment environment) {
    size(environment, "max-inbound-message-size", "1KB", "64MB");
    size(environment, "max-inbound-metadata-size", "1KB", "1MB");
    time(environment, "permit-keep-alive-time", "1s", "1d");
    time(environment, "max-connection-idle", "1s", "1d");
    time(environment, "max-connection-age", "1s", "1d");
    time(environment, "max-connection-age-grace", "1s", "1h");
    time(environment, "shutdown-grace-period", "0s", "1h");
  }

  private static void size(Environment environment, String name, String least, String most) {
    String value = environment.getProperty(STARTER + name, "").strip();
    try {
      SettingRange.require(STARTER + name, DataSize.parse(value), least, most);
    } catch (IllegalArgumentException e) {
      throw new SettingException(STARTER + name, value, least + " to " + most, e);
    }
  }

  /** In seconds where there is no unit, as the starter has it. */
  private static void time(Environment environment, String name, String least, String most) {
    String value = environment.getProperty(STARTER + name, "").strip();
    try {
      Duration time = DurationStyle.detectAndParse(value, ChronoUnit.SECONDS);
      SettingRange.require(STARTER + name, time, least, most);
    } catch (IllegalArgumentException e) {
      throw new SettingException(STARTER + name, value, least + " to " + most, e);
    }
  }

  /** Of earlier days: whoever still sets them believes in a policy that is not in force. */
  private static void refuseGrants(ConfigurableEnvironment environment) {
    for (PropertySource<?> source : environment.getPropertySources()) {
      if (source instanceof EnumerablePropertySource<?> all) {
        for (String name : all.getPropertyNames()) {
          String plain = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
          if (plain.startsWith("mbankaccessgrants")) {
            throw new SettingException(
                name,
                String.valueOf(all.getProperty(name)),
                "unset; grants are lines of the file that POLICY_FILE names");
          }
        }
      }
    }
  }

  /** The starters take addresses only; here a host name may stand too, and * for all. */
  private static void resolveHost(
      ConfigurableEnvironment environment, String variable, String property, String all) {
    String host = environment.getProperty(property, "").strip();
    String expected = "an address of this machine, a name of one, or * for all";
    if (host.isEmpty()) {
      throw new SettingException(variable, "empty", expected);
    }
    String address;
    try {
      address = host.equals("*") ? all : ours(InetAddress.getByName(host)).getHostAddress();
    } catch (IOException e) {
      throw new SettingException(variable, host, expected, e);
    }
    environment
        .getPropertySources()
        .addFirst(new MapPropertySource("resolved " + variable, Map.of(property, address)));
  }

  /** One that can be listened at: whoever fails to later on, tells of the address and a port. */
  private static InetAddress ours(InetAddress address) throws IOException {
    if (!address.isLoopbackAddress()) {
      new ServerSocket(0, 1, address).close();
    }
    return address;
  }

  private static void text(
      Environment environment, String variable, String property, String expected) {
    if (environment.getProperty(property, "").isBlank()) {
      throw new SettingException(variable, "empty", expected);
    }
  }

  private static int port(Environment environment, String variable, String property) {
    String value = environment.getProperty(property, "").strip();
    // At most five digits, so that it is a number that fits.
    if (!value.matches("[0-9]{1,5}") || Integer.parseInt(value) > 65535) {
      throw new SettingException(
          variable, value.isEmpty() ? "empty" : value, "0-65535; 0 takes a free port");
    }
    return Integer.parseInt(value);
  }

  private static void bool(Environment environment, String variable, String property) {
    String value = environment.getProperty(property, "").strip();
    if (!value.equals("true") && !value.equals("false")) {
      throw new SettingException(variable, value.isEmpty() ? "empty" : value, "true or false");
    }
  }
}
