package dev.mbank.server.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.mbank.server.settings.SettingException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * A PostgreSQL database, brought to the newest schema by whichever server comes first. What the URL
 * says of the driver's parameters holds, TLS and several hosts among them; what it does not say is
 * bounded here, so that nothing waits for ever for a database that does not answer.
 */
final class PostgresDatabase implements JournalDatabase {
  private static final Logger log = LoggerFactory.getLogger(PostgresDatabase.class);

  private static final Duration PAUSE = Duration.ofMillis(500);

  /** Longer than a server stands still for its own reasons, such as collecting garbage. */
  private static final long LEAST_IDLE_MILLIS = 1000;

  /**
   * How many transactions are looked at when a server starts; the database looks after the rest.
   */
  private static final long RECENT = 10_000;

  private final HikariDataSource pool;
  private final DataSource readers;
  private final DataSource writers;
  private final Duration patience;

  private PostgresDatabase(StoreSettings settings, UnaryOperator<DataSource> around) {
    this.pool = readers(settings);
    this.readers = new ReadGate(around.apply(pool));
    this.writers = around.apply(new DriverManagerDataSource(settings.url(), properties(settings)));
    this.patience = settings.lockTimeout();
  }

  /** Whether a URL names a database of this kind. */
  static boolean accepts(String url) {
    return url.startsWith("jdbc:postgresql:");
  }

  static PostgresDatabase open(StoreSettings settings) {
    return open(settings, UnaryOperator.identity());
  }

  /**
   * Opens the database, waiting for it for a while.
   *
   * @param around put around where connections come from
   * @throws SettingException if it cannot be used
   */
  static PostgresDatabase open(StoreSettings settings, UnaryOperator<DataSource> around) {
    String url = settings.shownUrl();
    checkUrl(settings);
    try {
      await(settings);
      migrate(settings);
      try (Connection connection = connect(settings)) {
        check(url, connection);
      }
      return new PostgresDatabase(settings, around);
    } catch (SQLException | FlywayException e) {
      throw new SettingException("DATABASE_URL", url, expected(e), e);
    }
  }

  /** Passes a URL that the driver understands. */
  static void checkUrl(StoreSettings settings) {
    try {
      DriverManager.getDriver(settings.url());
    } catch (SQLException e) {
      throw new SettingException(
          "DATABASE_URL", settings.shownUrl(), "jdbc:postgresql://HOST:PORT/DATABASE", e);
    }
  }

  /** Connects, again and again if nobody answers or the server is not ready yet. */
  static void await(StoreSettings settings) throws SQLException {
    long end = System.nanoTime() + settings.startTimeout().toNanos();
    boolean told = false;
    while (true) {
      try {
        connect(settings).close();
        return;
      } catch (SQLException e) {
        if (!isPassing(e) || System.nanoTime() - end > 0) {
          throw e;
        }
        if (!told) {
          log.warn(
              "{} does not answer ({}); waiting for it up to {} s",
              settings.shownUrl(),
              firstLine(e),
              settings.startTimeout().toSeconds());
          told = true;
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  /** Whether the same attempt may succeed later: no connection, starting up, too many clients. */
  private static boolean isPassing(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("08") || state.startsWith("57P") || state.equals("53300");
  }

  /** The schema and its versions. A migration may take long; waiting for another's may not. */
  static Flyway flyway(StoreSettings settings) {
    Properties properties = properties(settings);
    properties.setProperty("socketTimeout", "0");
    return Flyway.configure()
        .dataSource(new DriverManagerDataSource(settings.url(), properties))
        .locations("classpath:db/migration/postgresql")
        .ignoreMigrationPatterns("*:pending")
        .initSql("SET lock_timeout = " + settings.startTimeout().toMillis())
        .load();
  }

  private static void migrate(StoreSettings settings) throws SQLException {
    Flyway flyway = flyway(settings);
    for (MigrationInfo applied : flyway.info().applied()) {
      if (applied.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new SettingException(
            "DATABASE_URL",
            settings.shownUrl(),
            "a database that this version knows; its schema is "
                + applied.getVersion()
                + ", made by a newer bank-server");
      }
    }
    if (flyway.migrate().initialSchemaVersion == null) {
      log.info("New journal at {}", settings.shownUrl());
    }
  }

  /** Looks at the end of the journal, and at what the database promises of durability. */
  private static void check(String url, Connection connection) throws SQLException {
    long end;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT sequence FROM journal_head")) {
      end = row.next() ? row.getLong(1) : 0;
    }
    JournalCheck.checkSound(url, connection, Math.max(0, end - RECENT));
    for (String setting : new String[] {"fsync", "full_page_writes"}) {
      if (value(connection, setting).equals("off")) {
        log.warn("The database has {} = off: a loss of power may lose answered writes", setting);
      }
    }
  }

  private static String value(Connection connection, String setting) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW " + setting)) {
      return row.next() ? row.getString(1) : "";
    }
  }

  /**
   * A connection for the writer. A reply means durable, so its commits wait for the disk even where
   * the database's own setting is not to; and it must be where one can write, as a standby is not.
   *
   * <p>Its transactions hold a lock that all servers need. So the database itself ends one in which
   * nothing happens, for it does not learn that the server stands still or the network is gone. A
   * commit has no time limit there, only on this side: one that waits for a standby and is cut
   * short is done, and not replicated.
   */
  @Override
  public JournalConnection openWriter() throws SQLException {
    Connection connection = writers.getConnection();
    try {
      // Each statement has to see what others have committed, whatever the database's own level is.
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      if (value(connection, "transaction_read_only").equals("on")) {
        throw new SQLException("the database is read-only: a standby? (expected: the primary)");
      }
      try (Statement statement = connection.createStatement()) {
        if (value(connection, "synchronous_commit").equals("off")) {
          statement.execute("SET synchronous_commit = on");
        }
        // By a warning the database tells that a commit was not replicated.
        statement.execute("SET client_min_messages = warning");
        long patience = Math.max(1, this.patience.toMillis());
        // Every statement here is short: to compile one costs more than it takes.
        statement.execute("SET jit = off");
        statement.execute("SET lock_timeout = " + patience);
        statement.execute(
            "SET idle_in_transaction_session_timeout = " + Math.max(LEAST_IDLE_MILLIS, patience));
      }
      return new PostgresJournalConnection(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public DataSource readers() {
    return readers;
  }

  @Override
  public void close() {
    pool.close();
  }

  static Connection connect(StoreSettings settings) throws SQLException {
    return DriverManager.getConnection(settings.url(), properties(settings));
  }

  /** What holds unless the URL says otherwise. */
  private static Properties properties(StoreSettings settings) {
    Properties properties = new Properties();
    if (!settings.username().isEmpty()) {
      properties.setProperty("user", settings.username());
    }
    if (!settings.password().isEmpty()) {
      properties.setProperty("password", settings.password());
    }
    properties.setProperty("ApplicationName", "bank-server");
    properties.setProperty("connectTimeout", "5");
    properties.setProperty("socketTimeout", "" + settings.statementTimeout().toSeconds());
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("targetServerType", "primary");
    // How long a host that was a standby is taken for one.
    properties.setProperty("hostRecheckSeconds", "1");
    properties.setProperty("reWriteBatchedInserts", "true");
    return properties;
  }

  private static HikariDataSource readers(StoreSettings settings) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("readers");
    pool.setJdbcUrl(settings.url());
    pool.setDataSourceProperties(properties(settings));
    pool.setMaximumPoolSize(settings.readers());
    pool.setReadOnly(true);
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    long patience = Math.max(TimeUnit.SECONDS.toMillis(1), settings.lockTimeout().toMillis());
    pool.setConnectionTimeout(patience);
    pool.setValidationTimeout(patience);
    // The start has waited; from now on a database that is away is a matter of each read.
    pool.setInitializationFailTimeout(-1);
    return new HikariDataSource(pool);
  }

  static String expected(Exception failure) {
    SQLException cause = null;
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SQLException sql) {
        cause = sql;
      }
    }
    String state = cause == null ? "" : String.valueOf(cause.getSQLState());
    if (state.startsWith("08") || state.startsWith("57P")) {
      return "a database that answers; " + firstLine(failure);
    }
    if (state.startsWith("28")) {
      return "DATABASE_USERNAME and DATABASE_PASSWORD that it accepts; " + firstLine(failure);
    }
    return "an mbank database or an empty one; " + firstLine(cause == null ? failure : cause);
  }

  private static String firstLine(Exception failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}
