package dev.mbank.server.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Looks at the audit file before the logging system opens it, whose own words for one that cannot
 * be written are a stack trace. Nothing that runs later is early enough.
 */
final class AuditFileCheck implements EnvironmentPostProcessor {
  private static final String VARIABLE = "AUDIT_FILE";

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    String value = environment.getProperty("mbank.audit.file", "").strip();
    // Signs that mean something in the names of logback's rolled files.
    if (value.isEmpty() || value.matches(".*[%\\\\${}].*")) {
      throw new SettingException(VARIABLE, value, "the path of a file, without any of % \\ $ { }");
    }
    try {
      Path file = Path.of(value).toAbsolutePath();
      Path folder = file.getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    } catch (IOException | InvalidPathException e) {
      throw new SettingException(VARIABLE, value, "a file that this user may write", e);
    }
  }
}
