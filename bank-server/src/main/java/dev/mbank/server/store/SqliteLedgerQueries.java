package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Transaction;
import dev.mbank.server.ledger.TransactionKind;
import java.time.Instant;
import java.util.Currency;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The read side on SQLite. Each query is one statement and so sees one state of the journal; what
 * lies up to a sequence never changes, so queries up to the same sequence agree with each other.
 */
final class SqliteLedgerQueries implements LedgerQueries {
  private static final String ACCOUNT =
      """
      SELECT a.account_id, a.owner, a.currency, a.display_name, a.sequence, t.commit_time
        FROM journal_account a JOIN journal_transaction t ON t.sequence = a.sequence
      """;

  private static final ResultSetExtractor<List<Transaction>> TRANSACTIONS = Rows::transactions;

  private final JdbcClient jdbc;

  SqliteLedgerQueries(DataSource readers) {
    this.jdbc = JdbcClient.create(readers);
  }

  @Override
  public long sequence() {
    return read(() -> jdbc.sql("SELECT sequence FROM journal_head").query(Long.class).single());
  }

  @Override
  public @Nullable Account account(AccountId id) {
    Currency settled = id.settlementCurrency();
    if (settled != null) {
      return Account.settlement(settled);
    }
    return read(
        () ->
            jdbc.sql(ACCOUNT + " WHERE a.account_id = ?")
                .param(id.value())
                .query((row, number) -> Rows.account(row))
                .optional()
                .orElse(null));
  }

  @Override
  public List<ListedAccount> accounts(@Nullable Identity owner, long after, int limit) {
    String whose = owner == null ? "" : "a.owner = :owner AND ";
    return read(
        () ->
            jdbc.sql(
                    ACCOUNT
                        + " WHERE "
                        + whose
                        + "a.sequence > :after ORDER BY a.sequence LIMIT :limit")
                .param("owner", owner == null ? null : owner.name())
                .param("after", after)
                .param("limit", limit)
                .query(
                    (row, number) -> new ListedAccount(Rows.account(row), row.getLong("sequence")))
                .list());
  }

  @Override
  public @Nullable BalanceAt balance(AccountId id) {
    String sql =
        """
        SELECT b.account_id, b.balance, a.owner, a.currency, a.display_name, t.commit_time,
               h.sequence
          FROM journal_head h
          JOIN account_balance b ON b.account_id = ?
          LEFT JOIN journal_account a ON a.account_id = b.account_id
          LEFT JOIN journal_transaction t ON t.sequence = a.sequence
        """;
    Currency settled = id.settlementCurrency();
    // Looked up first: an account that has no entries afterwards had none then.
    long before = settled == null ? 0 : sequence();
    BalanceAt found =
        read(
            () ->
                jdbc.sql(sql)
                    .param(id.value())
                    .query(
                        (row, number) ->
                            new BalanceAt(Rows.accountBalance(row), row.getLong("sequence")))
                    .optional()
                    .orElse(null));
    if (found == null && settled != null) {
      return new BalanceAt(new AccountBalance(Account.settlement(settled), 0), before);
    }
    return found;
  }

  @Override
  public @Nullable Transaction transaction(long sequence) {
    String sql =
        """
        SELECT t.sequence, t.commit_time, t.identity, t.request_id, t.kind, t.currency,
               t.description, e.account_id, e.amount, e.balance
          FROM journal_transaction t JOIN journal_entry e ON e.sequence = t.sequence
         WHERE t.sequence = ? ORDER BY e.leg
        """;
    List<Transaction> found = read(() -> jdbc.sql(sql).param(sequence).query(TRANSACTIONS));
    return found.isEmpty() ? null : found.get(0);
  }

  @Override
  public long sequenceBefore(Instant time) {
    String sql =
        """
        SELECT sequence FROM journal_transaction WHERE commit_time < ?
         ORDER BY commit_time DESC, sequence DESC LIMIT 1
        """;
    // Rounded up: what was committed in the microsecond that the time lies in was before it.
    long micros = Rows.micros(time.plusNanos(999));
    return read(() -> jdbc.sql(sql).param(micros).query(Long.class).optional().orElse(0L));
  }

  @Override
  public long balanceAt(AccountId id, long sequence) {
    String sql =
        """
        SELECT balance FROM journal_entry WHERE account_id = ? AND sequence <= ?
         ORDER BY sequence DESC LIMIT 1
        """;
    return read(
        () -> jdbc.sql(sql).params(id.value(), sequence).query(Long.class).optional().orElse(0L));
  }

  @Override
  public List<StatementLine> statement(AccountId id, long after, long upTo, int limit) {
    String sql =
        """
        SELECT t.sequence, t.commit_time, t.kind, e.amount, e.balance, t.description
          FROM journal_entry e JOIN journal_transaction t ON t.sequence = e.sequence
         WHERE e.account_id = ? AND e.sequence > ? AND e.sequence <= ?
         ORDER BY e.sequence LIMIT ?
        """;
    return read(
        () ->
            jdbc.sql(sql)
                .params(id.value(), after, upTo, limit)
                .query(
                    (row, number) ->
                        new StatementLine(
                            row.getLong("sequence"),
                            Rows.instant(row.getLong("commit_time")),
                            TransactionKind.valueOf(row.getString("kind")),
                            row.getLong("amount"),
                            row.getLong("balance"),
                            row.getString("description")))
                .list());
  }

  private static <T extends @Nullable Object> T read(Supplier<T> query) {
    try {
      return query.get();
    } catch (DataAccessException e) {
      throw new StoreUnavailableException("a read failed", e);
    }
  }
}
