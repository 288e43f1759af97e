package dev.mbank.benchmarks;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.HdrHistogram.Histogram;

/** What one commit of a row takes in a database alone. */
final class Commit {
  private Commit() {}

  /** The median in milliseconds. */
  static double sqlite(String url, double seconds) throws SQLException {
    return median(url, seconds, "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL");
  }

  /** The median in milliseconds. */
  static double postgresql(String url, double seconds) throws SQLException {
    return median(url, seconds);
  }

  private static double median(String url, double seconds, String... settings) throws SQLException {
    Histogram times = Tally.histogram();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      for (String each : settings) {
        statement.execute(each);
      }
      statement.execute("CREATE TABLE bare (id bigint PRIMARY KEY)");
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO bare VALUES (?)")) {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        for (long id = 0; System.nanoTime() < end; id++) {
          insert.setLong(1, id);
          long start = System.nanoTime();
          insert.execute();
          times.recordValue(System.nanoTime() - start);
        }
      }
    }
    return Outcome.millis(times, 50);
  }
}
