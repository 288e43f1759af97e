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
  private final Deque<Runnable> closers = new ArrayDeque<>();

  SqliteTestDatabase(Path folder) {
    String url = "jdbc:sqlite:" + folder.resolve("bank.db");
    settings = new StoreSettings(url, 4, Duration.ofSeconds(20));
  }

  @Override
  public Server join() {
    SqliteDatabase database = open();
    SqliteLedgerStore store = new SqliteLedgerStore(database);
    closers.push(store::close);
    return new Server(store, new SqliteLedgerQueries(database.readers()));
  }

  /** Opens the file; whoever calls need not close it. */
  SqliteDatabase open() {
    SqliteDatabase database = SqliteDatabase.open(settings);
    closers.push(database::close);
    return database;
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
