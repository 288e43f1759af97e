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
 * Holds the journal against itself, and the indexes against the journal, which is the only truth.
 *
 * <p>All of it, or only what is behind a sequence: what was sound before it needs no second look.
 */
final class JournalCheck {
  private static final Logger log = LoggerFactory.getLogger(JournalCheck.class);

  private static final String ENDS =
      """
      SELECT 1 FROM journal_head
       WHERE sequence = (SELECT coalesce(max(sequence), 0) FROM journal_transaction)
         AND commit_time = coalesce((SELECT commit_time FROM journal_transaction
                                      ORDER BY sequence DESC LIMIT 1), 0)
         AND refusals = (SELECT coalesce(max(number), 0) FROM journal_refusal)
      """;

  /** The legs of the transactions behind a sequence; by their columns they sum to zero. */
  private static final String LEGS =
      """
      WITH legs (sequence, account_id, amount, balance) AS (
        SELECT sequence, source_id, -amount, source_balance FROM journal_transaction
         WHERE sequence > ? AND source_id IS NOT NULL
         UNION ALL
        SELECT sequence, destination_id, amount, destination_balance FROM journal_transaction
         WHERE sequence > ?)
      """;

  /** Each arm is one thing that no journal has, with the sequence at which it shows. */
  private static final String FIRST_FAULT =
      LEGS
          + """
            SELECT previous + 1, 'transaction ' || (previous + 1) || ' is missing' AS fault
              FROM (SELECT sequence, lag(sequence, 1, ?) OVER (ORDER BY sequence) AS previous
                      FROM journal_transaction WHERE sequence > ?) AS pairs
             WHERE sequence <> previous + 1
            UNION ALL
            SELECT sequence,
                   'after transaction ' || sequence || ' the balance of ' || account_id || ' is '
                     || balance || ' and not ' || (before + amount)
              FROM (SELECT sequence, account_id, amount, balance,
                           coalesce(
                             lag(balance) OVER (PARTITION BY account_id ORDER BY sequence),
                             (SELECT CASE t.source_id WHEN legs.account_id THEN t.source_balance
                                          ELSE t.destination_balance END
                                FROM journal_transaction t
                               WHERE t.sequence = (SELECT max(i.sequence) FROM index_entry i
                                                    WHERE i.account_id = legs.account_id
                                                      AND i.sequence <= ?)),
                             0) AS before
                      FROM legs) AS steps
             WHERE balance <> before + amount
             ORDER BY 1, 2 LIMIT 1
            """;

  /** Whether each index has what the journal has up to where it is said to have come. */
  private static final String INDEXES =
      LEGS
          + """
            SELECT 1 FROM index_head x, journal_head h
             WHERE x.sequence <= h.sequence AND x.refusals <= h.refusals
               AND (SELECT count(*) FROM index_entry WHERE sequence <= x.sequence)
                     = (SELECT count(*) FROM legs WHERE sequence <= x.sequence)
               AND NOT EXISTS (SELECT 1 FROM legs LEFT JOIN index_entry i
                                   ON (i.account_id, i.sequence) = (legs.account_id, legs.sequence)
                                WHERE legs.sequence <= x.sequence AND i.sequence IS NULL)
               AND (SELECT count(*) FROM index_account WHERE sequence <= x.sequence)
                     = (SELECT count(*) FROM journal_transaction
                         WHERE kind = 'ACCOUNT_OPENING' AND sequence <= x.sequence)
               AND NOT EXISTS (SELECT 1 FROM journal_transaction t LEFT JOIN index_account i
                                   ON (i.account_id, i.owner, i.sequence)
                                    = (t.destination_id, t.identity, t.sequence)
                                WHERE t.kind = 'ACCOUNT_OPENING' AND t.sequence <= x.sequence
                                  AND i.sequence IS NULL)
               AND (SELECT count(*) FROM index_request
                     WHERE sequence <= x.sequence OR refusal <= x.refusals)
                     = x.sequence + x.refusals
               AND NOT EXISTS (SELECT 1 FROM journal_transaction t LEFT JOIN index_request i
                                   ON (i.request_id, i.identity, i.sequence)
                                    = (t.request_id, t.identity, t.sequence)
                                WHERE t.sequence <= x.sequence AND i.sequence IS NULL)
               AND NOT EXISTS (SELECT 1 FROM journal_refusal r LEFT JOIN index_request i
                                   ON (i.request_id, i.identity, i.refusal)
                                    = (r.request_id, r.identity, r.number)
                                WHERE r.number <= x.refusals AND i.refusal IS NULL)
            """;

  private static final String[] DROP_INDEXES = {
    "DELETE FROM index_entry",
    "DELETE FROM index_account",
    "DELETE FROM index_request",
    "DELETE FROM index_head",
    "INSERT INTO index_head VALUES (1, 0, 0)",
  };

  private JournalCheck() {}

  /**
   * Passes a journal in which every transaction is there, every balance is the one before and the
   * amount, and which ends where its head says.
   *
   * @param after need not look at more than what is behind this sequence, or is not indexed, for
   *     what was on an account before is looked up in the index; 0 for all
   * @throws SettingException if the journal is none; it names the first place at fault
   */
  static void checkSound(String url, Connection connection, long after) throws SQLException {
    long known = Math.min(after, indexed(connection));
    try (PreparedStatement statement = prepare(connection, FIRST_FAULT, known)) {
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          String fault = row.getString("fault").replaceAll("\\p{Cntrl}", "?");
          throw new SettingException(
              "DATABASE_URL", url, "a whole journal; " + fault + ": restore a backup");
        }
      }
    }
    checkEnd(url, connection);
  }

  /** How far the indexes have come. */
  private static long indexed(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT sequence FROM index_head")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /** Passes a journal that ends where its head says. */
  static void checkEnd(String url, Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(ENDS)) {
      if (!row.next()) {
        throw new SettingException(
            "DATABASE_URL", url, "a whole journal; head and last transaction differ");
      }
    }
  }

  /** Empties the indexes if they are not what a sound journal says, so that they are made anew. */
  static void dropWrongIndexes(DataSource writer) throws SQLException {
    try (Connection connection = writer.getConnection()) {
      try (PreparedStatement statement = prepare(connection, INDEXES, 0)) {
        try (ResultSet row = statement.executeQuery()) {
          if (row.next()) {
            return;
          }
        }
      }
      log.warn("The indexes are not what the journal says; they are made anew");
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        for (String sql : DROP_INDEXES) {
          statement.executeUpdate(sql);
        }
      }
      connection.commit();
    }
  }

  private static PreparedStatement prepare(Connection connection, String sql, long after)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    long parameters = sql.chars().filter(c -> c == '?').count();
    for (int i = 1; i <= parameters; i++) {
      statement.setLong(i, after);
    }
    return statement;
  }
}
