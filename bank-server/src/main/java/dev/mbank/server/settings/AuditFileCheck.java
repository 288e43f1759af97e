package dev.mbank.server.settings;

import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
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

  /** Never closed: with the process they go, and with them the locks. */
  private static final Map<Path, FileChannel> HELD = new HashMap<>();

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
      if (Files.isDirectory(file)) {
        throw new SettingException(VARIABLE, value, "a file, not a folder");
      }
      Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      OwnerOnly.restrict(file);
      if (!hold(file.resolveSibling(file.getFileName() + ".lock"))) {
        throw new SettingException(
            VARIABLE, value, "a file of its own for each server; another writes to this one");
      }
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

  /**
   * Locks the file that stands for the audit file until this process ends: two that roll the same
   * file lose each other's records. The audit file itself is renamed when it is rolled.
   */
  private static synchronized boolean hold(Path lock) throws IOException {
    if (HELD.containsKey(lock)) {
      return true; // A server that is started anew in this process.
    }
    FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (locked(channel)) {
      HELD.put(lock, channel);
      return true;
    }
    channel.close();
    return false;
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // By other code of this process.
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
