package dev.mbank.server.settings;

import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Looks at the audit file and its limits before the logging system opens it, whose own words for
 * what is wrong are a stack trace. Nothing that runs later is early enough.
 */
final class AuditFileCheck implements EnvironmentPostProcessor {
  private static final String VARIABLE = "AUDIT_FILE";
  private static final String LIMITS = "mbank.audit.";

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
    long file = size(environment, "max-file-size", 1);
    size(environment, "total-size", file);
    String days = environment.getProperty(LIMITS + "max-history-days", "").strip();
    if (!days.matches("[1-9][0-9]{0,4}")) {
      throw new SettingException(LIMITS + "max-history-days", days, "1-99999");
    }
  }

  private static long size(ConfigurableEnvironment environment, String limit, long least) {
    String value = environment.getProperty(LIMITS + limit, "").strip();
    String expected = "a size such as 64MB, at least " + new FileSize(least);
    try {
      long size = FileSize.valueOf(value).getSize();
      if (size < least) {
        throw new SettingException(LIMITS + limit, value, expected);
      }
      return size;
    } catch (IllegalArgumentException e) {
      throw new SettingException(LIMITS + limit, value, expected, e);
    }
  }
}
