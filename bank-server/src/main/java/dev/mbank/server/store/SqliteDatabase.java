package dev.mbank.server.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;

/**
 * The SQLite file: looked at before it is touched, brought to the newest schema, opened for writers
 * that take turns and several readers.
 *
 * <p>In WAL mode with synchronous=FULL a commit returns when the log is on the disk, and readers
 * see the last commit without ever waiting for the writer.
 */
final class SqliteDatabase implements JournalDatabase {
  private static final Logger log = LoggerFactory.getLogger(SqliteDatabase.class);

  private final Path file;
  private final SQLiteDataSource writer;
  private final HikariDataSource readers;
  private final UnaryOperator<DataSource> around;
  private final Duration lockTimeout;
  private final Semaphore turn = new Semaphore(1, true);

  private SqliteDatabase(
      Path file,
      SQLiteDataSource writer,
      HikariDataSource readers,
      UnaryOperator<DataSource> around,
      Duration lockTimeout) {
    this.file = file;
    this.writer = writer;
    this.readers = readers;
    this.around = around;
    this.lockTimeout = lockTimeout;
  }

  static SqliteDatabase open(StoreSettings settings) {
    return open(settings, UnaryOperator.identity());
  }

  /**
   * Opens the file, making it if there is none.
   *
   * @param around put around where connections come from
   * @throws SettingException if it cannot be used; then it is left as it was
   */
  static SqliteDatabase open(StoreSettings settings, UnaryOperator<DataSource> around) {
    Path file = SqliteFile.make(settings.url());
    SQLiteDataSource plain = dataSource(settings, new SQLiteConfig());
    Flyway flyway = flyway(plain);
    try {
      boolean sealed = check(settings, file, plain, flyway);
      SQLiteDataSource writer = dataSource(settings, durable());
      try (Connection connection = writer.getConnection()) {
        requireWal(settings, connection);
      }
      MigrateResult migrated = flyway.migrate();
      if (migrated.initialSchemaVersion == null) {
        log.info("New journal at {}", settings.url());
      } else if (migrated.migrationsExecuted > 0) {
        log.info("The schema of {} is now {}", settings.url(), migrated.targetSchemaVersion);
        try (Connection connection = writer.getConnection()) {
          JournalCheck.checkSound(settings.url(), connection, 0);
        }
      }
      if (!sealed) {
        JournalCheck.dropWrongIndexes(writer);
      }
      return new SqliteDatabase(file, writer, readers(settings), around, settings.lockTimeout());
    } catch (SQLException | FlywayException | PoolInitializationException e) {
      throw new SettingException("DATABASE_URL", settings.url(), SqliteFileCheck.expected(e), e);
    }
  }

  /** The schema and its versions. */
  static Flyway flyway(DataSource dataSource) {
    return Flyway.configure()
        .dataSource(dataSource)
        .locations("classpath:db/migration/sqlite")
        .ignoreMigrationPatterns("*:pending")
        .load();
  }

  @Override
  public JournalConnection openWriter() throws SQLException {
    return new SqliteJournalConnection(around.apply(writer).getConnection(), turn, lockTimeout);
  }

  @Override
  public DataSource readers() {
    return around.apply(readers);
  }

  /** Closes the readers, and leaves one file, sealed: the log is moved into it. */
  @Override
  public void close() {
    readers.close();
    // The last connection that closes moves it, but not a read-only one as the readers have.
    try (Connection last = writer.getConnection()) {
      Seal.set(file, last);
    } catch (SQLException | IOException e) {
      log.warn("{} is not sealed; the next start reads all of it", file, e);
    }
  }

  /**
   * Checks the file. A log that a crash left is part of it and must stay if the file is refused,
   * but SQLite moves it into the file when the last connection closes; so a connection that cannot
   * do that, for it only reads, is held open until the end.
   */
  private static boolean check(
      StoreSettings settings, Path file, SQLiteDataSource plain, Flyway flyway)
      throws SQLException {
    if (Files.notExists(SqliteFile.log(file))) {
      return SqliteFileCheck.check(settings.url(), file, plain, flyway);
    }
    try (Connection last = readOnly(settings).getConnection();
        Statement statement = last.createStatement();
        ResultSet opens = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
      opens.next();
      return SqliteFileCheck.check(settings.url(), file, plain, flyway);
    }
  }

  /** Connections that cannot change the file, not even move a log into it. */
  static SQLiteDataSource readOnly(StoreSettings settings) {
    SQLiteConfig readOnly = new SQLiteConfig();
    readOnly.setReadOnly(true);
    return dataSource(settings, readOnly);
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
