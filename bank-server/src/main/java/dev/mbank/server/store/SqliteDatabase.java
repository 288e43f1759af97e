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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;

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
      SqliteFileCheck.check(settings.url(), plain, flyway);
      SQLiteDataSource writer = dataSource(settings, durable());
      try (Connection connection = writer.getConnection()) {
        requireWal(settings, connection);
      }
      if (flyway.migrate().initialSchemaVersion == null) {
        log.info("New journal at {}", settings.url());
      }
      JournalCheck.check(settings.url(), writer);
      return new SqliteDatabase(writer, readers(settings));
    } catch (SQLException | FlywayException e) {
      throw new SettingException("DATABASE_URL", settings.url(), SqliteFileCheck.expected(e), e);
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
}
