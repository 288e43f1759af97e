package dev.mbank.server.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Semaphore;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Connections for reads, of a database that may be away. While it is, one read at a time tries to
 * get one, which takes as long as the pool is patient; all others fail at once. Otherwise each of
 * them would keep a thread for that long, and those behind them wait for minutes.
 */
final class ReadGate extends DelegatingDataSource {
  private final Semaphore attempt = new Semaphore(1);
  private volatile boolean away;

  ReadGate(DataSource readers) {
    super(readers);
  }

  @Override
  public Connection getConnection() throws SQLException {
    if (!away) {
      return connect();
    }
    if (!attempt.tryAcquire()) {
      throw new SQLTransientConnectionException("the database is away; another read tries it");
    }
    try {
      return connect();
    } finally {
      attempt.release();
    }
  }

  private Connection connect() throws SQLException {
    try {
      Connection connection = super.getConnection();
      away = false;
      return connection;
    } catch (SQLException e) {
      away = true;
      throw e;
    }
  }
}
