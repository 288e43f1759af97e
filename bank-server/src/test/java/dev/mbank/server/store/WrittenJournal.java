package dev.mbank.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.ledger.Outcome;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A whole journal as its database has it, in the order in which it was decided. */
public final class WrittenJournal {
  private WrittenJournal() {}

  /**
   * Reads it, refusals among the transactions, and asserts that none of their numbers is missing.
   */
  public static List<Outcome> read(String url) throws SQLException {
    List<Outcome> journal = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT number, after_sequence FROM journal_refusal ORDER BY number")) {
      long sequence = 0;
      for (long number = 1; row.next(); number++) {
        assertThat(row.getLong("number")).isEqualTo(number);
        long after = row.getLong("after_sequence");
        journal.addAll(JournalConnection.transactions(connection, sequence, after));
        sequence = after;
        journal.addAll(JournalConnection.refusals(connection, number - 1, number));
      }
      journal.addAll(JournalConnection.transactions(connection, sequence, Long.MAX_VALUE));
    }
    return journal;
  }
}
