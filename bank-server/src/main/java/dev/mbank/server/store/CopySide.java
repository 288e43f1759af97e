package dev.mbank.server.store;

import static java.util.Objects.requireNonNullElse;

import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One of the two databases of a copy.
 *
 * @param option that names it
 * @param url JDBC's
 * @param username of the database, unless the URL has it or it needs none
 * @param password likewise
 */
public record CopySide(String option, String url, String username, String password) {
  private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(10);

  /** An index step takes longer than any statement of a server. */
  private static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(10);

  private static final Duration START_TIMEOUT = Duration.ofSeconds(5);

  StoreSettings settings() {
    return new StoreSettings(
        url, username, password, 1, LOCK_TIMEOUT, STATEMENT_TIMEOUT, START_TIMEOUT, 1);
  }

  /** The URL without a password. */
  public String shown() {
    return settings().shownUrl();
  }

  boolean isPostgres() {
    return PostgresDatabase.accepts(url);
  }

  /** Whether both are one database, as far as one can tell. */
  boolean isSameAs(CopySide other) {
    if (isPostgres() || other.isPostgres()) {
      return url.equals(other.url);
    }
    Path file = file();
    Path others = other.file();
    try {
      return file.equals(others) || (Files.exists(file) && Files.isSameFile(file, others));
    } catch (IOException e) {
      return false; // One of them is not there.
    }
  }

  /** The file of a SQLite database. */
  Path file() {
    try {
      return SqliteFile.path(url);
    } catch (SettingException e) {
      throw e.of(option);
    }
  }

  /** Something else was expected of the database. */
  SettingException refused(String expected, @Nullable Throwable cause) {
    return new SettingException(option, shown(), expected.replaceAll("\\p{Cntrl}", "?"), cause);
  }

  SettingException refused(String expected) {
    return refused(expected, null);
  }

  /** The database failed. */
  SettingException failed(SQLException failure) {
    String message = requireNonNullElse(failure.getMessage(), failure.toString());
    return refused("a database that works; " + message.lines().findFirst().orElse(""), failure);
  }

  /** Opens the database to add to its journal, which is made if there is none. */
  JournalDatabase open() {
    try {
      return isPostgres() ? PostgresDatabase.open(settings()) : SqliteDatabase.open(settings());
    } catch (SettingException e) {
      throw e.of(option);
    }
  }
}
