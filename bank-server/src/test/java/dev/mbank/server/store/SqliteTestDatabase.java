package dev.mbank.server.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** A SQLite file. */
final class SqliteTestDatabase implements TestDatabase {
  private final StoreSettings settings;
  private final Indexing indexing;
  private final Deque<Runnable> closers = new ArrayDeque<>();

  /**
   * @param indexing after which batches the indexes take a step
   */
  SqliteTestDatabase(Path folder, Indexing indexing) {
    String url = "jdbc:sqlite:" + folder.resolve("bank.db");
    settings = SqliteTestDatabase.settings(url, 4, Duration.ofSeconds(20), 100_000);
    this.indexing = indexing;
  }

  static StoreSettings settings(String url, int readers, Duration lockTimeout, int indexStep) {
    Duration unused = Duration.ofSeconds(1);
    return new StoreSettings(url, "", "", readers, lockTimeout, unused, unused, indexStep);
  }

  @Override
  public Server join() {
    Journal journal = new Journal(open(), indexing.step());
    closers.push(journal::close);
    return new Server(indexing.after(journal), journal.queries());
  }

  /** Opens the file; whoever calls need not close it. */
  SqliteDatabase open() {
    SqliteDatabase database = SqliteDatabase.open(settings);
    closers.push(database::close);
    return database;
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
