package dev.mbank.server.store;

import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * On SQLite, where one transaction at a time may write. The connections of one process take turns,
 * first come first served: SQLite itself lets those that wait sleep and try again, so who writes
 * without a pause would leave no turn to others.
 */
final class SqliteJournalConnection extends JournalConnection {
  private static final String ADD_TRANSACTION =
      "INSERT INTO journal_transaction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String REQUEST =
      "SELECT sequence, refusal FROM index_request WHERE request_id = ? AND identity = ?";

  /** An account without an indexed entry is not indexed. */
  private static final String ACCOUNT_BY_ID =
      ACCOUNT
          + """
              FROM (SELECT ? AS id) k
              LEFT JOIN index_account a ON a.account_id = k.id
              LEFT JOIN journal_transaction o ON o.sequence = a.sequence
              JOIN journal_transaction e ON e.sequence =
                   (SELECT max(i.sequence) FROM index_entry i WHERE i.account_id = k.id)
            """;

  /** Rows of any index, in the order of its key. */
  private static final String SORTED =
      "CREATE TEMP TABLE IF NOT EXISTS sorted"
          + " (account_id, owner, sequence, request_id, identity, refusal)";

  /** So many rows are added to an index in a few milliseconds. */
  private static final int SLICE = 2048;

  private final Semaphore turn;
  private final Duration patience;
  private boolean ours;

  SqliteJournalConnection(Connection jdbc, Semaphore turn, Duration patience) {
    super(jdbc);
    this.turn = turn;
    this.patience = patience;
  }

  @Override
  Head beginAppending() throws SQLException {
    begin();
    try {
      return head(jdbc, HEAD);
    } catch (SQLException e) {
      giveTurn();
      throw e;
    }
  }

  private void begin() throws SQLException {
    try {
      ours = turn.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!ours) {
      throw new SQLException("another connection of this server did not end its transaction");
    }
    try {
      execute("BEGIN IMMEDIATE");
    } catch (SQLException e) {
      giveTurn();
      throw e;
    }
  }

  /** In no transaction: if another server has the file too and does the same, no harm is done. */
  @Override
  Head beginIndexing() throws SQLException {
    return head(jdbc, HEAD);
  }

  /**
   * In many small transactions, between which others have their turn: they would wait for all of a
   * step longer than for anything else. What is sorted first is sorted in nobody's way. Those rows
   * that a crash leaves behind the head of the indexes, or another server adds, are met again.
   */
  @Override
  void index(Position from, Position to) throws SQLException {
    execute(SORTED);
    for (Index each : Index.values()) {
      int rows = update(each.addTo("temp.sorted"), each.place(from), each.place(to));
      for (int done = 0; done < rows; done += SLICE) {
        begin();
        update(each.addFrom("temp.sorted"), done, done + SLICE);
        commit();
      }
      execute("DELETE FROM temp.sorted");
    }
    begin();
    update(Index.MOVE_HEAD, to.sequence(), to.refusals());
    commit();
  }

  @Override
  void endIndexing() {
    // There is no transaction yet.
  }

  @Override
  void commit() throws SQLException {
    execute("COMMIT");
    giveTurn();
  }

  @Override
  void rollback() throws SQLException {
    execute("ROLLBACK");
    giveTurn();
  }

  private void giveTurn() {
    if (ours) {
      ours = false;
      turn.release();
    }
  }

  @Override
  void addTransactions(List<Transaction> transactions) throws SQLException {
    try (PreparedStatement statement = jdbc.prepareStatement(ADD_TRANSACTION)) {
      for (Transaction each : transactions) {
        Entry source = source(each);
        Entry destination = destination(each);
        bind(
            statement,
            each.sequence(),
            Rows.micros(each.commitTime()),
            each.key().identity().name(),
            requestId(each.key()),
            each.kind().name(),
            each.currency().getCurrencyCode(),
            destination.amount(),
            source == null ? null : source.account().value(),
            source == null ? null : source.balance(),
            destination.account().value(),
            destination.balance(),
            each.description());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  @Override
  IndexedRequests requests(Collection<RequestKey> keys) throws SQLException {
    IndexedRequests found = new IndexedRequests();
    try (PreparedStatement statement = jdbc.prepareStatement(REQUEST)) {
      for (RequestKey key : keys) {
        bind(statement, requestId(key), key.identity().name());
        try (ResultSet row = statement.executeQuery()) {
          if (row.next()) {
            found.add(row);
          }
        }
      }
    }
    return found;
  }

  @Override
  Map<AccountId, AccountBalance> accounts(Collection<AccountId> ids) throws SQLException {
    Map<AccountId, AccountBalance> found = new HashMap<>();
    try (PreparedStatement statement = jdbc.prepareStatement(ACCOUNT_BY_ID)) {
      for (AccountId id : ids) {
        bind(statement, id.value());
        try (ResultSet row = statement.executeQuery()) {
          if (row.next()) {
            found.put(id, Rows.accountBalance(row));
          }
        }
      }
    }
    return found;
  }

  @Override
  Object requestId(RequestKey key) {
    return Rows.bytes(key.requestId());
  }

  @Override
  public void close() throws SQLException {
    try {
      super.close();
    } finally {
      giveTurn();
    }
  }
}
