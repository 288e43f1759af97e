package dev.mbank.server.store;

import static java.util.Objects.requireNonNullElse;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
  private static final Logger log = LoggerFactory.getLogger(SqliteDatabase.class);
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
        Flyway.configure()
            .dataSource(plain)
            .locations("classpath:db/migration/sqlite")
            .ignoreMigrationPatterns("*:pending")
            .load();
    try {
      checkUsable(plain);
      checkSchema(settings, plain, flyway);
      SQLiteDataSource writer = dataSource(settings, durable());
      try (Connection connection = writer.getConnection()) {
        requireWal(settings, connection);
      }
      if (flyway.migrate().initialSchemaVersion == null) {
        log.info("New journal at {}", settings.url());
      }
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

  /** Closes the readers, and moves the log into the file: a bank that is closed is one file. */
  @Override
  public void close() {
    readers.close();
    // The last connection that closes does it, but not a read-only one as the readers have.
    try (Connection last = writer.getConnection();
        Statement statement = last.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SQLException e) {
      log.warn("The write-ahead log stays beside the database until the next start", e);
    }
  }

  private static void makeFolder(String url) {
    Path path = path(url);
    try {
      Files.createDirectories(requireNonNullElse(path.getParent(), path));
    } catch (IOException e) {
      throw new SettingException("DATABASE_URL", url, "a file in a folder that can be made", e);
    }
    if (Files.isDirectory(path)) {
      throw new SettingException("DATABASE_URL", url, "a file, not a folder");
    }
  }

  /** The file that a URL names. What SQLite takes for memory or for a URI is none. */
  private static Path path(String url) {
    String file = url.startsWith(PREFIX) ? url.substring(PREFIX.length()) : "";
    int options = file.indexOf('?');
    String path = options < 0 ? file : file.substring(0, options);
    String expected = PREFIX + " and the path of a file";
    if (path.isBlank() || path.startsWith(":") || path.startsWith("file:")) {
      throw new SettingException("DATABASE_URL", url, expected);
    }
    try {
      return Path.of(path).toAbsolutePath();
    } catch (InvalidPathException e) {
      throw new SettingException("DATABASE_URL", url, expected, e);
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

  /** A database of somebody else's, or of a newer version, must stay as it is. */
  private static void checkSchema(StoreSettings settings, DataSource plain, Flyway flyway)
      throws SQLException {
    MigrationInfo[] history = flyway.info().applied();
    if (history.length == 0 && hasTables(plain)) {
      throw new SettingException(
          "DATABASE_URL",
          settings.url(),
          "an mbank database or a new file; this one is another application's");
    }
    for (MigrationInfo applied : history) {
      if (applied.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new SettingException(
            "DATABASE_URL",
            settings.url(),
            "a database that this version knows; its schema is "
                + applied.getVersion()
                + ", made by a newer bank-server");
      }
    }
    if (history.length > 0) {
      flyway.validate();
    }
  }

  private static boolean hasTables(DataSource plain) throws SQLException {
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT 1 FROM sqlite_schema LIMIT 1")) {
      return row.next();
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
