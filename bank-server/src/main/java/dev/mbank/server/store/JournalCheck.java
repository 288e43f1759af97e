package dev.mbank.server.store;

import dev.mbank.server.settings.SettingException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the journal against itself, and the balances against the journal, which is the only truth.
 *
 * <p>All of it, or only what is behind a sequence: what was sound before it needs no second look.
 */
final class JournalCheck {
  private static final Logger log = LoggerFactory.getLogger(JournalCheck.class);

  private static final String ENDS =
      """
      SELECT 1 FROM journal_head
       WHERE (sequence, commit_time) = (SELECT coalesce(max(sequence), 0), coalesce(commit_time, 0)
                                          FROM journal_transaction)
         AND sequence >= (SELECT coalesce(max(sequence), 0) FROM journal_entry)
      """;

  /** Each arm is one thing that no journal has, with the sequence at which it shows. */
  private static final String FIRST_FAULT =
      """
      SELECT sequence, 'transaction ' || (previous + 1) || ' is missing' AS fault
        FROM (SELECT sequence, lag(sequence, 1, ?1) OVER (ORDER BY sequence) AS previous
                FROM journal_transaction WHERE sequence > ?1)
       WHERE sequence <> previous + 1
      UNION ALL
      SELECT t.sequence,
             'the entries of transaction ' || t.sequence || ' sum to '
               || coalesce(sum(e.amount), 'nothing') || ' and not to 0'
        FROM journal_transaction t LEFT JOIN journal_entry e ON e.sequence = t.sequence
       WHERE t.sequence > ?1
       GROUP BY t.sequence HAVING sum(e.amount) IS NOT 0
      UNION ALL
      SELECT sequence,
             'after transaction ' || sequence || ' the balance of ' || account_id || ' is '
               || balance || ' and not ' || (before + amount)
        FROM (SELECT sequence, account_id, amount, balance,
                     coalesce(lag(balance) OVER (PARTITION BY +account_id ORDER BY sequence),
                              (SELECT p.balance FROM journal_entry p
                                WHERE p.account_id = e.account_id AND p.sequence < e.sequence
                                ORDER BY p.sequence DESC LIMIT 1), 0) AS before
                FROM journal_entry e WHERE sequence > ?1)
       WHERE balance <> before + amount
       ORDER BY 1, 2 LIMIT 1
      """;

  /** What is on each account that has entries. */
  private static final String TRUTH =
      """
      WITH last AS (
        SELECT account_id, max(sequence) AS sequence
          FROM journal_entry WHERE sequence > ?1 GROUP BY +account_id),
      truth AS (
        SELECT e.account_id, e.balance
          FROM last JOIN journal_entry e
            ON e.account_id = last.account_id AND e.sequence = last.sequence)
      """;

  private static final String WITHOUT_ENTRIES =
      """
      account_balance AS b
       WHERE ?1 = 0
         AND NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.account_id = b.account_id)
      """;

  private static final String WRONG_BALANCES =
      TRUTH
          + """
            SELECT (SELECT count(*) FROM truth LEFT JOIN account_balance b USING (account_id)
                     WHERE truth.balance IS NOT b.balance)
                 + (SELECT count(*) FROM\s"""
          + WITHOUT_ENTRIES
          + ")";

  private static final String MEND_BALANCES =
      TRUTH
          + """
            INSERT INTO account_balance (account_id, balance)
            SELECT account_id, balance FROM truth WHERE true
                ON CONFLICT (account_id) DO UPDATE SET balance = excluded.balance
            """;

  private static final String DROP_BALANCES = "DELETE FROM " + WITHOUT_ENTRIES;

  private JournalCheck() {}

  /**
   * Passes a journal in which every transaction is there and sums to zero, every balance is the one
   * before and the amount, and which ends where its head says.
   *
   * @param after looks only at what is behind this sequence; 0 for all
   * @throws SettingException if the journal is none; it names the first place at fault
   */
  static void checkSound(String url, Connection connection, long after) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FIRST_FAULT)) {
      statement.setLong(1, after);
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          String fault = row.getString("fault").replaceAll("\\p{Cntrl}", "?");
          throw new SettingException(
              "DATABASE_URL", url, "a whole journal; " + fault + ": restore a backup");
        }
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(ENDS)) {
      if (!row.next()) {
        throw new SettingException(
            "DATABASE_URL", url, "a whole journal; head and last transaction differ");
      }
    }
  }

  /** Makes the balances what a sound journal says, if they are not. */
  static void mendBalances(DataSource writer, long after) throws SQLException {
    try (Connection connection = writer.getConnection()) {
      long wrong;
      try (PreparedStatement statement = connection.prepareStatement(WRONG_BALANCES)) {
        statement.setLong(1, after);
        try (ResultSet row = statement.executeQuery()) {
          wrong = row.getLong(1);
        }
      }
      if (wrong > 0) {
        log.warn("{} balances were not what the journal says; they are mended", wrong);
        connection.setAutoCommit(false);
        update(connection, MEND_BALANCES, after);
        update(connection, DROP_BALANCES, after);
        connection.commit();
      }
    }
  }

  private static void update(Connection connection, String sql, long after) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, after);
      statement.executeUpdate();
    }
  }
}
