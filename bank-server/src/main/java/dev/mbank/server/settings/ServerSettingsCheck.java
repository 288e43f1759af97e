package dev.mbank.server.settings;

import java.util.Locale;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/**
 * Looks at the variables before anything starts. They are read from the properties into which
 * application.yml binds them, so that a property set directly is looked at too.
 */
final class ServerSettingsCheck
    implements ApplicationContextInitializer<ConfigurableApplicationContext> {

  @Override
  public void initialize(ConfigurableApplicationContext context) {
    Environment environment = context.getEnvironment();
    text(environment, "HOST", "grpc.server.address", "a host name or an address to listen on");
    port(environment, "PORT", "grpc.server.port");
    bool(environment, "TLS_ENABLED", "grpc.server.security.enabled");
    bool(environment, "REFLECTION_ENABLED", "grpc.server.reflection-service-enabled");
    text(environment, "DATABASE_URL", "mbank.store.url", "jdbc:sqlite: and the path of a file");
    text(environment, "MANAGEMENT_HOST", "server.address", "a host name or an address");
    port(environment, "MANAGEMENT_PORT", "server.port");
  }

  private static void text(
      Environment environment, String variable, String property, String expected) {
    if (environment.getProperty(property, "").isBlank()) {
      throw new SettingException(variable, "empty", expected);
    }
  }

  private static void port(Environment environment, String variable, String property) {
    String value = environment.getProperty(property, "").strip();
    // At most five digits, so that it is a number that fits.
    if (!value.matches("[0-9]{1,5}") || Integer.parseInt(value) > 65535) {
      throw new SettingException(
          variable, value.isEmpty() ? "empty" : value, "0-65535; 0 takes a free port");
    }
  }

  private static void bool(Environment environment, String variable, String property) {
    String value = environment.getProperty(property, "").strip();
    if (!value.toLowerCase(Locale.ROOT).matches("true|false")) {
      throw new SettingException(variable, value.isEmpty() ? "empty" : value, "true or false");
    }
  }
}
