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
import java.sql.SQLWarning;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * On PostgreSQL, where the locked row of the journal's head says whose turn it is, among all
 * servers; that of the indexes' head likewise, and the one does not wait for the other. Many rows
 * come as one array for each column, so that a batch is one statement.
 */
final class PostgresJournalConnection extends JournalConnection {
  private static final String ADD_TRANSACTIONS =
      """
      INSERT INTO journal_transaction
             (sequence, commit_time, identity, request_id, kind, currency, amount, source_id,
              source_balance, destination_id, destination_balance, description)
      SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::uuid[], ?::text[], ?::text[],
                           ?::bigint[], ?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::text[])
      """;

  private static final String REQUESTS =
      """
      SELECT r.sequence, r.refusal
        FROM unnest(?::uuid[], ?::text[]) AS k (request_id, identity)
        JOIN index_request r ON r.request_id = k.request_id AND r.identity = k.identity
      """;

  /** Without the limits the planner may join, and read all of the journal for that. */
  private static final String ACCOUNTS_BY_ID =
      ACCOUNT
          + """
              FROM unnest(?::text[]) AS k (id)
              LEFT JOIN LATERAL (
                   SELECT t.*
                     FROM index_account a JOIN journal_transaction t ON t.sequence = a.sequence
                    WHERE a.account_id = k.id LIMIT 1) o ON true
             CROSS JOIN LATERAL (
                   SELECT t.source_id, t.source_balance, t.destination_balance
                     FROM index_entry i JOIN journal_transaction t ON t.sequence = i.sequence
                    WHERE i.account_id = k.id ORDER BY i.sequence DESC LIMIT 1) e
            """;

  /** The SQLSTATE of what is no more than information. */
  private static final String NOTICE = "00000";

  PostgresJournalConnection(Connection jdbc) throws SQLException {
    super(jdbc);
    jdbc.setAutoCommit(false);
  }

  @Override
  Head beginAppending() throws SQLException {
    return head(jdbc, HEAD + " FOR UPDATE OF h");
  }

  @Override
  Head beginIndexing() throws SQLException {
    return head(jdbc, HEAD + " FOR UPDATE OF i");
  }

  @Override
  void index(Position from, Position to) throws SQLException {
    for (Index each : Index.values()) {
      update(each.add(), each.place(from), each.place(to));
    }
    update(Index.MOVE_HEAD, to.sequence(), to.refusals());
    commit();
  }

  @Override
  void endIndexing() throws SQLException {
    rollback();
  }

  /**
   * A database that stops waiting for its standby, because an operator says so, has committed all
   * the same, and says so in a warning: then it is durable here only, and gone with this machine.
   */
  @Override
  void commit() throws SQLException {
    jdbc.clearWarnings();
    jdbc.commit();
    for (SQLWarning each = jdbc.getWarnings(); each != null; each = each.getNextWarning()) {
      if (!NOTICE.equals(each.getSQLState())) {
        throw new SQLException("the commit came with a warning: " + each.getMessage(), each);
      }
    }
  }

  @Override
  void rollback() throws SQLException {
    jdbc.rollback();
  }

  @Override
  void addTransactions(List<Transaction> transactions) throws SQLException {
    int size = transactions.size();
    Long[] sequences = new Long[size];
    Long[] times = new Long[size];
    String[] identities = new String[size];
    Object[] requests = new Object[size];
    String[] kinds = new String[size];
    String[] currencies = new String[size];
    Long[] amounts = new Long[size];
    String[] sources = new String[size];
    Long[] sourceBalances = new Long[size];
    String[] destinations = new String[size];
    Long[] destinationBalances = new Long[size];
    String[] descriptions = new String[size];
    for (int i = 0; i < size; i++) {
      Transaction each = transactions.get(i);
      Entry source = source(each);
      Entry destination = destination(each);
      sequences[i] = each.sequence();
      times[i] = Rows.micros(each.commitTime());
      identities[i] = each.key().identity().name();
      requests[i] = each.key().requestId();
      kinds[i] = each.kind().name();
      currencies[i] = each.currency().getCurrencyCode();
      amounts[i] = destination.amount();
      if (source != null) {
        sources[i] = source.account().value();
        sourceBalances[i] = source.balance();
      }
      destinations[i] = destination.account().value();
      destinationBalances[i] = destination.balance();
      descriptions[i] = each.description();
    }
    try (PreparedStatement statement = jdbc.prepareStatement(ADD_TRANSACTIONS)) {
      bind(
          statement,
          array("bigint", sequences),
          array("bigint", times),
          array("text", identities),
          array("uuid", requests),
          array("text", kinds),
          array("text", currencies),
          array("bigint", amounts),
          array("text", sources),
          array("bigint", sourceBalances),
          array("text", destinations),
          array("bigint", destinationBalances),
          array("text", descriptions));
      statement.executeUpdate();
    }
  }

  @Override
  IndexedRequests requests(Collection<RequestKey> keys) throws SQLException {
    IndexedRequests found = new IndexedRequests();
    try (PreparedStatement statement = jdbc.prepareStatement(REQUESTS)) {
      bind(
          statement,
          array("uuid", keys.stream().map(RequestKey::requestId).toArray()),
          array("text", keys.stream().map(key -> key.identity().name()).toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(row);
        }
      }
    }
    return found;
  }

  @Override
  Map<AccountId, AccountBalance> accounts(Collection<AccountId> ids) throws SQLException {
    Map<AccountId, AccountBalance> found = new HashMap<>();
    if (ids.isEmpty()) {
      return found;
    }
    try (PreparedStatement statement = jdbc.prepareStatement(ACCOUNTS_BY_ID)) {
      bind(statement, array("text", ids.stream().map(AccountId::value).toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.put(new AccountId(row.getString("id")), Rows.accountBalance(row));
        }
      }
    }
    return found;
  }

  @Override
  Object requestId(RequestKey key) {
    return key.requestId();
  }

  private java.sql.Array array(String type, Object[] values) throws SQLException {
    return jdbc.createArrayOf(type, values);
  }
}
