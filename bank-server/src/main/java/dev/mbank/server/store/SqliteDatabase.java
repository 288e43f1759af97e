package dev.mbank.server.store;

import static java.util.Objects.requireNonNullElse;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The SQLite file: looked at before it is touched, brought to the newest schema, opened for one
 * writer and several readers.
 *
 * <p>In WAL mode with synchronous=FULL a commit returns when the log is on the disk, and readers
 * see the last commit without ever waiting for the writer.
 */
final class SqliteDatabase implements AutoCloseable {
  private static final String PREFIX = "jdbc:sqlite:";

  private final SQLiteDataSource writer;
  private final HikariDataSource readers;

  private SqliteDatabase(SQLiteDataSource writer, HikariDataSource readers) {
    this.writer = writer;
    this.readers = readers;
  }

  /**
   * Opens the file, making it if there is none.
   *
   * @throws SettingException if it cannot be used; then it is left as it was
   */
  static SqliteDatabase open(StoreSettings settings) {
    makeFolder(settings.url());
    SQLiteDataSource plain = dataSource(settings, new SQLiteConfig());
    Flyway flyway =
        Flyway.configure().dataSource(plain).locations("classpath:db/migration/sqlite").load();
    try {
      checkUsable(plain);
      checkVersion(settings, flyway);
      SQLiteDataSource writer = dataSource(settings, durable());
      try (Connection connection = writer.getConnection()) {
        requireWal(settings, connection);
      }
      flyway.migrate();
      checkHead(settings, writer);
      return new SqliteDatabase(writer, readers(settings));
    } catch (SQLException | FlywayException e) {
      throw new SettingException("DATABASE_URL", settings.url(), expected(e), e);
    }
  }

  /** A connection of the writer's own. */
  Connection openWriter() throws SQLException {
    return writer.getConnection();
  }

  /** Read-only connections, pooled. */
  DataSource readers() {
    return readers;
  }

  @Override
  public void close() {
    readers.close();
  }

  private static void makeFolder(String url) {
    String file = url.startsWith(PREFIX) ? url.substring(PREFIX.length()) : "";
    if (file.isBlank() || file.startsWith(":") || file.startsWith("?")) {
      throw new SettingException("DATABASE_URL", url, PREFIX + " and the path of a file");
    }
    int options = file.indexOf('?');
    Path path = Path.of(options < 0 ? file : file.substring(0, options)).toAbsolutePath();
    Path folder = requireNonNullElse(path.getParent(), path);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new SettingException("DATABASE_URL", url, "a file in a folder that can be made", e);
    }
    if (Files.isDirectory(path)) {
      throw new SettingException("DATABASE_URL", url, "a file, not a folder");
    }
  }

  private static SQLiteDataSource dataSource(StoreSettings settings, SQLiteConfig config) {
    config.setBusyTimeout(Math.toIntExact(settings.lockTimeout().toMillis()));
    SQLiteDataSource dataSource = new SQLiteDataSource(config);
    dataSource.setUrl(settings.url());
    return dataSource;
  }

  private static SQLiteConfig durable() {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(JournalMode.WAL);
    config.setSynchronous(SynchronousMode.FULL);
    return config;
  }

  private static HikariDataSource readers(StoreSettings settings) {
    SQLiteConfig config = durable();
    config.setReadOnly(true);
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("readers");
    pool.setDataSource(dataSource(settings, config));
    pool.setMaximumPoolSize(settings.readers());
    pool.setReadOnly(true);
    return new HikariDataSource(pool);
  }

  /** Takes the write lock and lets it go: shows a file that is locked, read-only or no database. */
  private static void checkUsable(DataSource plain) throws SQLException {
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      statement.execute("ROLLBACK");
    }
  }

  private static void checkVersion(StoreSettings settings, Flyway flyway) {
    for (MigrationInfo applied : flyway.info().applied()) {
      if (applied.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new SettingException(
            "DATABASE_URL",
            settings.url(),
            "a database that this version knows; its schema is "
                + applied.getVersion()
                + ", made by a newer bank-server");
      }
    }
  }

  private static void requireWal(StoreSettings settings, Connection connection)
      throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet mode = statement.executeQuery("PRAGMA journal_mode")) {
      if (!mode.next() || !"wal".equals(mode.getString(1))) {
        throw new SettingException(
            "DATABASE_URL", settings.url(), "a file on a file system where SQLite's WAL works");
      }
    }
  }

  /** A journal that lost its tail, or has one that its head does not know, is not served. */
  private static void checkHead(StoreSettings settings, DataSource writer) throws SQLException {
    String sql =
        "SELECT sequence, (SELECT coalesce(max(sequence), 0) FROM journal_transaction)"
            + " FROM journal_head";
    try (Connection connection = writer.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      if (!row.next() || row.getLong(1) != row.getLong(2)) {
        throw new SettingException(
            "DATABASE_URL", settings.url(), "a whole journal; head and last transaction differ");
      }
    }
  }

  private static String expected(Exception failure) {
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
      return "a sound SQLite database; this file is none: restore a backup";
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
