package dev.mbank.server.store;

import dev.mbank.server.settings.SettingException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds head and balances against the journal, which is the only truth. */
final class JournalCheck {
  private static final Logger log = LoggerFactory.getLogger(JournalCheck.class);

  private static final String ENDS =
      """
      SELECT sequence, (SELECT coalesce(max(sequence), 0) FROM journal_transaction)
        FROM journal_head
      """;

  /** The balance after the last entry of each account, whether or not it has a row of its own. */
  private static final String TRUTH =
      """
      WITH known AS (
        SELECT account_id FROM journal_account
         UNION SELECT account_id FROM account_balance
         UNION SELECT 'settlement-' || lower(currency) FROM journal_account),
      truth AS (
        SELECT account_id,
               (SELECT e.balance FROM journal_entry e WHERE e.account_id = known.account_id
                 ORDER BY e.sequence DESC LIMIT 1) AS balance
          FROM known)
      """;

  private static final String WRONG_BALANCES =
      TRUTH
          + """
            SELECT count(*) FROM truth LEFT JOIN account_balance b USING (account_id)
             WHERE truth.balance IS NOT b.balance
            """;

  private static final String MEND_BALANCES =
      TRUTH
          + """
            INSERT INTO account_balance (account_id, balance)
            SELECT account_id, balance FROM truth WHERE balance IS NOT NULL
                ON CONFLICT (account_id) DO UPDATE SET balance = excluded.balance
            """;

  private static final String DROP_BALANCES =
      """
      DELETE FROM account_balance
       WHERE account_id NOT IN (SELECT account_id FROM journal_entry)
      """;

  private JournalCheck() {}

  /**
   * Refuses a journal that lost its tail, or has one that its head does not know, and mends
   * balances that are not what the entries say.
   */
  static void check(String url, DataSource writer) throws SQLException {
    try (Connection connection = writer.getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery(ENDS)) {
        if (!row.next() || row.getLong(1) != row.getLong(2)) {
          throw new SettingException(
              "DATABASE_URL", url, "a whole journal; head and last transaction differ");
        }
      }
      long wrong;
      try (ResultSet row = statement.executeQuery(WRONG_BALANCES)) {
        wrong = row.getLong(1);
      }
      if (wrong > 0) {
        log.warn("{} balances were not what the journal says; they are mended", wrong);
        statement.execute("BEGIN IMMEDIATE");
        statement.executeUpdate(MEND_BALANCES);
        statement.executeUpdate(DROP_BALANCES);
        statement.execute("COMMIT");
      }
    }
  }
}
