package dev.mbank.server.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;

/** A database in a PostgreSQL that this JVM starts once, for all tests. */
final class PostgresTestDatabase implements TestDatabase {
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final StoreSettings settings;
  private final Indexing indexing;
  private final Deque<Runnable> closers = new ArrayDeque<>();

  /** Started by whoever asks first; ends with the JVM. */
  private static final class Server {
    static final EmbeddedPostgres RUNNING = start();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder().start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  PostgresTestDatabase(Indexing indexing) {
    String name = "bank" + NUMBERS.incrementAndGet();
    this.settings =
        new StoreSettings(
            Server.RUNNING.getJdbcUrl("postgres", name),
            "",
            "",
            4,
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            100_000);
    this.indexing = indexing;
    try (Connection connection =
            DriverManager.getConnection(Server.RUNNING.getJdbcUrl("postgres", "postgres"));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  StoreSettings settings() {
    return settings;
  }

  /** Does what an operator may. */
  void run(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Gives the database a default of its own, for connections to come. */
  void set(String setting) throws SQLException {
    run(
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET "
            + setting
            + "'; END $$");
  }

  /**
   * Becomes a standby that had not got the last transactions and is the primary now.
   *
   * @param head what the journal's head was then, as SQL
   */
  void loseBehind(long sequence, String head) throws SQLException {
    run("ALTER TABLE journal_transaction DISABLE TRIGGER no_change");
    run("DELETE FROM journal_transaction WHERE sequence > " + sequence);
    run("UPDATE journal_head SET " + head + ", sequence = " + sequence);
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }

  @Override
  public TestDatabase.Server join() {
    PostgresDatabase database = PostgresDatabase.open(settings);
    closers.push(database::close);
    Journal journal = new Journal(database, indexing.step());
    closers.push(journal::close);
    return new TestDatabase.Server(indexing.after(journal), journal.queries());
  }

  @Override
  public String url() {
    return settings.url();
  }

  @Override
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(settings.url());
  }

  @Override
  public void close() {
    while (!closers.isEmpty()) {
      closers.pop().run();
    }
  }
}
