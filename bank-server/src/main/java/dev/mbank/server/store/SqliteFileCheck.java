package dev.mbank.server.store;

import static java.util.Objects.requireNonNullElse;

import dev.mbank.server.settings.SettingException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Looks at the file before anything is changed in it, and says what is wrong with it. */
final class SqliteFileCheck {
  private static final String SOUND =
      "a sound SQLite database; this file is none: restore a backup";

  /** How many transactions are looked at if the rest is known to be as it was left. */
  private static final long RECENT = 10_000;

  private SqliteFileCheck() {}

  /**
   * Passes a file that can serve: a new one, or a sound one of this version or older. One that is
   * sealed is as the bank left it: there only the end of the journal is looked at.
   *
   * @return whether it is sealed
   * @throws SettingException if it is none
   * @throws SQLException if SQLite cannot use it; {@link #expected} puts it in words
   */
  static boolean check(String url, Path file, DataSource plain, Flyway flyway) throws SQLException {
    checkUsable(plain);
    try (Connection connection = plain.getConnection()) {
      boolean sealed = Seal.holds(file, connection);
      if (!sealed) {
        checkPages(url, connection);
      }
      if (checkSchema(url, connection, flyway)) {
        long after = sealed ? Math.max(0, end(connection) - RECENT) : 0;
        JournalCheck.checkSound(url, connection, after);
      }
      return sealed;
    }
  }

  /** Writes and takes it back: shows a file that is locked, read-only or no database. */
  static void checkUsable(DataSource plain) throws SQLException {
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      // On a read-only file SQLite begins a read instead, so only a write tells.
      statement.execute("PRAGMA user_version = 0");
      statement.execute("ROLLBACK");
    }
  }

  /** Reads every page: one that is damaged would else show when money already moved on it. */
  private static void checkPages(String url, Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
      if (!row.next() || !row.getString(1).equals("ok")) {
        throw new SettingException("DATABASE_URL", url, SOUND);
      }
    }
  }

  private static long end(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT sequence FROM journal_head")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /**
   * A database of somebody else's, or of a newer version, must stay as it is.
   *
   * @return whether its schema is this version's
   */
  private static boolean checkSchema(String url, Connection connection, Flyway flyway)
      throws SQLException {
    MigrationInfo[] history = flyway.info().applied();
    if (history.length == 0 && hasTables(connection)) {
      throw new SettingException(
          "DATABASE_URL",
          url,
          "an mbank database or a new file; this one is another application's");
    }
    for (MigrationInfo applied : history) {
      if (applied.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new SettingException(
            "DATABASE_URL",
            url,
            "a database that this version knows; its schema is "
                + applied.getVersion()
                + ", made by a newer bank-server");
      }
    }
    if (history.length > 0) {
      flyway.validate();
    }
    return history.length > 0 && flyway.info().pending().length == 0;
  }

  private static boolean hasTables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT 1 FROM sqlite_schema LIMIT 1")) {
      return row.next();
    }
  }

  /** What was expected of the file instead of what SQLite or Flyway found. */
  static String expected(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLiteException sqlite) {
        return expected(sqlite.getResultCode());
      }
    }
    return "an mbank database or a new file; " + firstLine(failure);
  }

  /** The primary code is the low byte of SQLite's extended one. */
  private static String expected(SQLiteErrorCode code) {
    int primary = code.code & 0xff;
    if (primary == SQLiteErrorCode.SQLITE_BUSY.code
        || primary == SQLiteErrorCode.SQLITE_LOCKED.code) {
      return "a database that no other program has locked";
    }
    if (primary == SQLiteErrorCode.SQLITE_READONLY.code
        || primary == SQLiteErrorCode.SQLITE_CANTOPEN.code
        || primary == SQLiteErrorCode.SQLITE_PERM.code) {
      return "a file that this user may write";
    }
    if (primary == SQLiteErrorCode.SQLITE_NOTADB.code
        || primary == SQLiteErrorCode.SQLITE_CORRUPT.code) {
      return SOUND;
    }
    return "a database that SQLite can use; it says " + code;
  }

  private static String firstLine(Exception failure) {
    return requireNonNullElse(failure.getMessage(), failure.toString())
        .lines()
        .findFirst()
        .orElse("");
  }
}
