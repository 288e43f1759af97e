package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The read side. Each query first lets the {@link Tail} catch up with the journal's head, whoever
 * moved it; takes what the tail has; and reads the rest by the indexes, as far as they were good
 * then. What lies up to a sequence never changes, so all of this is one state of the journal.
 */
final class JournalQueries implements LedgerQueries {
  private static final String OPENINGS =
      """
      SELECT t.* FROM index_account a JOIN journal_transaction t ON t.sequence = a.sequence
       WHERE\s""";

  private static final String ENTRIES =
      """
      SELECT t.* FROM index_entry i JOIN journal_transaction t ON t.sequence = i.sequence
       WHERE i.account_id = ? AND i.sequence > ? AND i.sequence <= ?
       ORDER BY i.sequence\s""";

  private static final RowMapper<Transaction> TRANSACTION = (row, number) -> Rows.transaction(row);

  private static final RowMapper<ListedAccount> OPENING =
      (row, number) -> new ListedAccount(Rows.account(row), row.getLong("sequence"));

  private final DataSource readers;
  private final JdbcClient jdbc;
  private final Tail tail;

  JournalQueries(DataSource readers, Tail tail) {
    this.readers = readers;
    this.jdbc = JdbcClient.create(readers);
    this.tail = tail;
  }

  @Override
  public long sequence() {
    follow();
    return tail.end().sequence();
  }

  @Override
  public @Nullable Account account(AccountId id) {
    Currency settled = id.settlementCurrency();
    if (settled != null) {
      return Account.settlement(settled);
    }
    follow();
    return opened(id);
  }

  /** Looks into the tail first: what has left it is in the index. */
  private @Nullable Account opened(AccountId id) {
    Account account = tail.opened(id);
    if (account != null) {
      return account;
    }
    return read(
        () ->
            jdbc.sql(OPENINGS + "a.account_id = ?")
                .param(id.value())
                .query((row, number) -> Rows.account(row))
                .optional()
                .orElse(null));
  }

  @Override
  public List<ListedAccount> accounts(@Nullable Identity owner, long after, int limit) {
    follow();
    Tail.Openings newest = tail.openings(owner, after, limit);
    String whose = owner == null ? "" : "a.owner = :owner AND ";
    List<ListedAccount> found =
        new ArrayList<>(
            read(
                () ->
                    jdbc.sql(
                            OPENINGS
                                + whose
                                + "a.sequence > :after AND a.sequence <= :indexed"
                                + " ORDER BY a.sequence LIMIT :limit")
                        .param("owner", owner == null ? null : owner.name())
                        .param("after", after)
                        .param("indexed", newest.indexed())
                        .param("limit", limit)
                        .query(OPENING)
                        .list()));
    newest.accounts().stream().limit(limit - found.size()).forEach(found::add);
    return found;
  }

  @Override
  public @Nullable BalanceAt balance(AccountId id) {
    follow();
    Currency settled = id.settlementCurrency();
    Account account = settled == null ? opened(id) : Account.settlement(settled);
    if (account == null) {
      return null;
    }
    Tail.Slice last = tail.last(id, Long.MAX_VALUE);
    return new BalanceAt(new AccountBalance(account, balance(id, last, last.end())), last.end());
  }

  @Override
  public @Nullable Transaction transaction(long sequence) {
    return read(
        () ->
            jdbc.sql("SELECT * FROM journal_transaction WHERE sequence = ?")
                .param(sequence)
                .query(TRANSACTION)
                .optional()
                .orElse(null));
  }

  /** Halves the journal until one is left: its times only grow, so they need no index. */
  @Override
  public long sequenceBefore(Instant time) {
    String sql =
        """
        WITH RECURSIVE search (low, high) AS (
          SELECT CAST(0 AS bigint), sequence FROM journal_head
           UNION ALL
          SELECT CASE WHEN t.commit_time < :time THEN t.sequence ELSE low END,
                 CASE WHEN t.commit_time < :time THEN high ELSE t.sequence - 1 END
            FROM search JOIN journal_transaction t ON t.sequence = (low + high + 1) / 2
           WHERE low < high)
        SELECT low FROM search WHERE low = high
        """;
    // Rounded up: what was committed in the microsecond that the time lies in was before it.
    long micros = Rows.micros(time.plusNanos(999));
    return read(() -> jdbc.sql(sql).param("time", micros).query(Long.class).single());
  }

  @Override
  public long balanceAt(AccountId id, long sequence) {
    follow();
    return balance(id, tail.last(id, sequence), sequence);
  }

  private long balance(AccountId id, Tail.Slice last, long sequence) {
    List<Transaction> found = last.transactions();
    if (found.isEmpty()) {
      long upTo = Math.min(sequence, last.indexed());
      found =
          read(
              () ->
                  jdbc.sql(ENTRIES + "DESC LIMIT 1")
                      .params(id.value(), 0, upTo)
                      .query(TRANSACTION)
                      .list());
    }
    return found.isEmpty() ? 0 : Tail.entry(found.get(0), id).balance();
  }

  @Override
  public List<StatementLine> statement(AccountId id, long after, long upTo, int limit) {
    follow();
    Tail.Slice newest = tail.first(id, after, upTo, limit);
    List<Transaction> found =
        new ArrayList<>(
            read(
                () ->
                    jdbc.sql(ENTRIES + "LIMIT ?")
                        .params(id.value(), after, Math.min(upTo, newest.indexed()), limit)
                        .query(TRANSACTION)
                        .list()));
    newest.transactions().stream().limit(limit - found.size()).forEach(found::add);
    return found.stream().map(each -> line(each, Tail.entry(each, id))).toList();
  }

  private static StatementLine line(Transaction transaction, Entry entry) {
    return new StatementLine(
        transaction.sequence(),
        transaction.commitTime(),
        transaction.kind(),
        entry.amount(),
        entry.balance(),
        transaction.description());
  }

  private void follow() {
    long incarnation = tail.incarnation();
    try (Connection connection = readers.getConnection()) {
      Head head = JournalConnection.head(connection, JournalConnection.HEAD);
      JournalConnection.follow(connection, head, tail, incarnation);
    } catch (SQLException e) {
      throw new StoreUnavailableException("a read failed", e);
    }
  }

  private static <T extends @Nullable Object> T read(Supplier<T> query) {
    try {
      return query.get();
    } catch (DataAccessException e) {
      throw new StoreUnavailableException("a read failed", e);
    }
  }
}
