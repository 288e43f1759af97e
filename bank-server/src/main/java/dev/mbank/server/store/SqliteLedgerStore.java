package dev.mbank.server.store;

import dev.mbank.server.commit.JournalHead;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.OutcomeUnknownException;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The write side on SQLite. It keeps one connection, and takes a new one after a commit or a
 * rollback that failed, for what those leave behind is not worth finding out.
 *
 * <p>The connection belongs to the batch that is open. Closing the store meanwhile takes nothing
 * from it and does not wait for it, for it may hang; that batch is the last, and its end closes the
 * connection.
 */
final class SqliteLedgerStore implements LedgerStore, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SqliteLedgerStore.class);

  private static final String HEAD = "SELECT sequence, commit_time FROM journal_head";

  private static final String MOVE_HEAD = "UPDATE journal_head SET sequence = ?, commit_time = ?";

  private static final String TRANSACTIONS_BY_KEY =
      """
      SELECT t.sequence, t.commit_time, t.identity, t.request_id, t.kind, t.currency,
             t.description, e.account_id, e.amount, e.balance
        FROM json_each(?) k
        JOIN journal_transaction t ON t.identity = k.value ->> 0 AND t.request_id = k.value ->> 1
        JOIN journal_entry e ON e.sequence = t.sequence
       ORDER BY t.sequence, e.leg
      """;

  private static final String REFUSALS_BY_KEY =
      """
      SELECT r.*
        FROM json_each(?) k
        JOIN journal_refusal r ON r.identity = k.value ->> 0 AND r.request_id = k.value ->> 1
      """;

  private static final String ACCOUNTS_BY_ID =
      """
      SELECT b.account_id, b.balance, a.owner, a.currency, a.display_name, t.commit_time
        FROM json_each(?) k
        JOIN account_balance b ON b.account_id = k.value ->> 0
        LEFT JOIN journal_account a ON a.account_id = b.account_id
        LEFT JOIN journal_transaction t ON t.sequence = a.sequence
      """;

  private static final String ADD_TRANSACTIONS =
      """
      INSERT INTO journal_transaction
             (sequence, commit_time, identity, request_id, kind, currency, description)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
             value ->> 6
        FROM json_each(?)
      """;

  private static final String ADD_ENTRIES =
      """
      INSERT INTO journal_entry (sequence, leg, account_id, amount, balance)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)
      """;

  private static final String ADD_ACCOUNTS =
      """
      INSERT INTO journal_account (sequence, account_id, owner, currency, display_name)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)
      """;

  private static final String ADD_REFUSALS =
      """
      INSERT INTO journal_refusal
             (after_sequence, identity, request_id, kind, account_id, destination_id, currency,
              amount, description, refusal, details)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
             value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10
        FROM json_each(?)
      """;

  private static final String SET_BALANCES =
      """
      INSERT INTO account_balance (account_id, balance)
      SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
          ON CONFLICT (account_id) DO UPDATE SET balance = excluded.balance
      """;

  /** Takes new pages before it gives the old ones back, so it fails where a batch would. */
  private static final String CLAIM_ROOM = "INSERT INTO room (bytes) VALUES (zeroblob(65536))";

  private static final String GIVE_ROOM_BACK =
      "DELETE FROM room WHERE id < (SELECT max(id) FROM room)";

  /** Opens a connection for the writer. */
  interface Connections {
    Connection open() throws SQLException;
  }

  private final Connections connections;
  private @Nullable Connection connection;
  private boolean batchOpen;
  private boolean closed;

  SqliteLedgerStore(SqliteDatabase database) {
    this(database::openWriter);
  }

  SqliteLedgerStore(Connections connections) {
    this.connections = connections;
  }

  @Override
  public Batch begin() {
    take();
    try {
      Connection open = connection;
      if (open == null) {
        open = connections.open();
        connection = open;
      }
      execute(open, "BEGIN IMMEDIATE");
      return new SqliteBatch(open);
    } catch (SQLException e) {
      discard();
      giveBack();
      throw new StoreUnavailableException("begin", e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (!batchOpen) {
      discard();
    }
  }

  private synchronized void take() {
    if (closed) {
      throw new StoreUnavailableException("the store is closed");
    }
    batchOpen = true;
  }

  private synchronized void giveBack() {
    batchOpen = false;
    if (closed) {
      discard();
    }
  }

  private void discard() {
    Connection old = connection;
    connection = null;
    if (old != null) {
      try {
        old.close();
      } catch (SQLException e) {
        log.warn("Closing the writer's connection failed", e);
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private final class SqliteBatch implements Batch {
    private final Connection open;
    private boolean committed;
    private boolean ended;

    SqliteBatch(Connection open) {
      this.open = open;
    }

    @Override
    public JournalHead head() {
      try (Statement statement = open.createStatement();
          ResultSet row = statement.executeQuery(HEAD)) {
        if (!row.next()) {
          throw new StoreUnavailableException("the journal has no head");
        }
        return new JournalHead(row.getLong("sequence"), Rows.instant(row.getLong("commit_time")));
      } catch (SQLException e) {
        throw new StoreUnavailableException("reading the head failed", e);
      }
    }

    @Override
    public Map<RequestKey, Outcome> outcomes(Set<RequestKey> keys) {
      JsonRows parameter = new JsonRows();
      keys.forEach(key -> parameter.add(key.identity().name(), key.requestId().toString()));
      Map<RequestKey, Outcome> outcomes = new HashMap<>();
      try (PreparedStatement statement = prepare(TRANSACTIONS_BY_KEY, parameter);
          ResultSet rows = statement.executeQuery()) {
        for (Transaction each : Rows.transactions(rows)) {
          outcomes.put(each.key(), Rows.outcome(each));
        }
      } catch (SQLException e) {
        throw new StoreUnavailableException("reading earlier transactions failed", e);
      }
      try (PreparedStatement statement = prepare(REFUSALS_BY_KEY, parameter);
          ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          Outcome refusal = Rows.refusal(rows);
          outcomes.put(refusal.command().key(), refusal);
        }
      } catch (SQLException e) {
        throw new StoreUnavailableException("reading earlier refusals failed", e);
      }
      return outcomes;
    }

    @Override
    public Map<AccountId, AccountBalance> accounts(Set<AccountId> ids) {
      JsonRows parameter = new JsonRows();
      ids.forEach(id -> parameter.add(id.value()));
      Map<AccountId, AccountBalance> accounts = new HashMap<>();
      try (PreparedStatement statement = prepare(ACCOUNTS_BY_ID, parameter);
          ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          AccountBalance found = Rows.accountBalance(rows);
          accounts.put(found.account().id(), found);
        }
      } catch (SQLException e) {
        throw new StoreUnavailableException("reading accounts failed", e);
      }
      return accounts;
    }

    @Override
    public void append(List<Outcome> outcomes) {
      if (outcomes.isEmpty()) {
        claimRoom();
        return;
      }
      JournalRows rows = new JournalRows(head(), outcomes);
      try {
        insert(ADD_TRANSACTIONS, rows.transactions);
        insert(ADD_ENTRIES, rows.entries);
        insert(ADD_ACCOUNTS, rows.accounts);
        insert(ADD_REFUSALS, rows.refusals);
        insert(SET_BALANCES, rows.balances());
        try (PreparedStatement statement = open.prepareStatement(MOVE_HEAD)) {
          statement.setLong(1, rows.head().sequence());
          statement.setLong(2, Rows.micros(rows.head().commitTime()));
          statement.executeUpdate();
        }
      } catch (SQLException e) {
        throw new StoreUnavailableException("appending failed", e);
      }
    }

    @Override
    public void commit() {
      try {
        execute(open, "COMMIT");
      } catch (SQLException e) {
        discard();
        throw new OutcomeUnknownException("the commit failed", e);
      }
      committed = true;
    }

    @Override
    public void close() {
      if (ended) {
        return;
      }
      ended = true;
      if (!committed && open == connection) {
        try {
          execute(open, "ROLLBACK");
        } catch (SQLException e) {
          log.debug("Rollback failed; the connection is given up", e);
          discard();
        }
      }
      giveBack();
    }

    private void claimRoom() {
      try {
        execute(open, CLAIM_ROOM);
        execute(open, GIVE_ROOM_BACK);
      } catch (SQLException e) {
        throw new StoreUnavailableException("the store has no room", e);
      }
    }

    private PreparedStatement prepare(String sql, JsonRows parameter) throws SQLException {
      PreparedStatement statement = open.prepareStatement(sql);
      statement.setString(1, parameter.toString());
      return statement;
    }

    private void insert(String sql, JsonRows rows) throws SQLException {
      if (rows.isEmpty()) {
        return;
      }
      try (PreparedStatement statement = prepare(sql, rows)) {
        statement.executeUpdate();
      }
    }
  }
}
