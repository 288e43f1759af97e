package dev.mbank.server.security;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Locale;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/**
 * Looks at the certificate files before the gRPC server does, whose own words for a bad one name
 * neither the variable nor the fault.
 */
final class TlsFilesCheck implements ApplicationContextInitializer<ConfigurableApplicationContext> {
  private static final String SECURITY = "grpc.server.security.";
  private static final String HINT = "; ./generate-certs.sh makes one";

  @Override
  public void initialize(ConfigurableApplicationContext context) {
    Environment environment = context.getEnvironment();
    if (environment.getRequiredProperty(SECURITY + "enabled", Boolean.class)) {
      certificates(environment, "CA_FILE", "trust-cert-collection");
      certificates(environment, "CERT_FILE", "certificate-chain");
      key(environment, "KEY_FILE", "private-key");
    }
  }

  private static void certificates(Environment environment, String variable, String property) {
    Path file = file(environment, variable, property);
    try (InputStream in = Files.newInputStream(file)) {
      Collection<?> found = CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new SettingException(variable, file, "a file of PEM certificates" + HINT);
      }
    } catch (IOException e) {
      throw new SettingException(variable, file, "a file that this user may read" + HINT, e);
    } catch (CertificateException e) {
      throw new SettingException(variable, file, "a file of PEM certificates" + HINT, e);
    }
  }

  private static void key(Environment environment, String variable, String property) {
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
  }

  private static Path file(Environment environment, String variable, String property) {
    String value = environment.getProperty(SECURITY + property, "");
    String path = value.toLowerCase(Locale.ROOT).startsWith("file:") ? value.substring(5) : value;
    if (path.isBlank()) {
      throw new SettingException(variable, "empty", "the path of a file" + HINT);
    }
    Path file = Path.of(path);
    if (!Files.isRegularFile(file)) {
      throw new SettingException(variable, path, "a file that is there" + HINT);
    }
    return file;
  }
}
