package dev.mbank.server.security;

import dev.mbank.server.settings.SettingException;
import dev.mbank.tls.PeerKind;
import dev.mbank.tls.ReloadingTls;
import dev.mbank.tls.TlsFiles;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;

/**
 * Reads the TLS files before the gRPC server does, whose own words for a bad one name neither the
 * variable nor the fault, and makes a bean of what watches them. The files are named by the
 * starter's properties and nowhere else.
 */
final class TlsInitializer implements ApplicationContextInitializer<GenericApplicationContext> {
  private static final Logger log = LoggerFactory.getLogger(TlsInitializer.class);
  private static final String SECURITY = "grpc.server.security.";
  private static final String RELOAD = "mbank.tls.reload-interval";

  @Override
  public void initialize(GenericApplicationContext context) {
    ConfigurableEnvironment environment = context.getEnvironment();
    if (!environment.getRequiredProperty(SECURITY + "enabled", Boolean.class)) {
      return;
    }
    require(environment, "client-auth", "REQUIRE");
    require(environment, "protocols", "TLSv1.3");
    String crl = environment.getProperty("mbank.tls.crl-file", "");
    TlsFiles files =
        new TlsFiles(
            file(environment, "CA_FILE", "trust-cert-collection"),
            file(environment, "CERT_FILE", "certificate-chain"),
            file(environment, "KEY_FILE", "private-key"),
            crl.isBlank() ? null : crl);
    ReloadingTls tls = new ReloadingTls(files, PeerKind.SERVER);
    log.info("TLS files in force: {}", tls.inForce());
    tls.watch(reloadInterval(environment));
    context.registerBean(ReloadingTls.class, () -> tls);
  }

  /** Nobody gets in without a certificate, whatever a property says. */
  private static void require(ConfigurableEnvironment environment, String property, String only) {
    String value = environment.getProperty(SECURITY + property, "");
    if (!value.equals(only)) {
      throw new SettingException(SECURITY + property, value, only);
    }
  }

  /** How often to look for new files, of the policy too. */
  static Duration reloadInterval(Environment environment) {
    String value = environment.getProperty(RELOAD, "2s");
    try {
      Duration interval = DurationStyle.detectAndParse(value);
      if (interval.compareTo(Duration.ofMillis(10)) >= 0
          && interval.compareTo(Duration.ofHours(1)) <= 0) {
        return interval;
      }
    } catch (IllegalArgumentException e) {
      throw new SettingException(RELOAD, value, "10ms to 1h, such as 2s", e);
    }
    throw new SettingException(RELOAD, value, "10ms to 1h, such as 2s");
  }

  /** The path, which the property gets as a URL: # and % in it are characters like any other. */
  private static String file(
      ConfigurableEnvironment environment, String variable, String property) {
    String value = environment.getProperty(SECURITY + property, "");
    String path = value.toLowerCase(Locale.ROOT).startsWith("file:") ? value.substring(5) : value;
    try {
      String url = Path.of(path).toAbsolutePath().toUri().toString();
      environment
          .getPropertySources()
          .addFirst(new MapPropertySource("path of " + variable, Map.of(SECURITY + property, url)));
    } catch (InvalidPathException e) {
      throw new SettingException(variable, path, "the path of a file", e);
    }
    return path;
  }
}
