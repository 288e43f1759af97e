package dev.mbank.server.store;

import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Payment;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A connection that adds to the journal: the statements, and what of them is another on each
 * database. Of one thread at a time; its transactions are its user's to begin and to end.
 */
abstract class JournalConnection implements AutoCloseable {
  /** The end of the journal and how far the indexes are. */
  static final String HEAD =
      """
      SELECT h.sequence, h.commit_time, h.refusals,
             i.sequence AS indexed, i.refusals AS indexed_refusals
        FROM journal_head h, index_head i
      """;

  private static final String MOVE_HEAD =
      "UPDATE journal_head SET sequence = ?, commit_time = ?, refusals = ?";

  private static final String TRANSACTIONS =
      "SELECT * FROM journal_transaction WHERE sequence > ? AND sequence <= ? ORDER BY sequence";

  private static final String REFUSALS =
      "SELECT * FROM journal_refusal WHERE number > ? AND number <= ? ORDER BY number";

  private static final String ADD_REFUSAL =
      "INSERT INTO journal_refusal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String NEWEST_REQUEST =
      "SELECT request_id FROM index_request ORDER BY request_id DESC LIMIT 1";

  /** What is read of accounts k: their openings o, and their last entries e. */
  static final String ACCOUNT =
      """
      SELECT k.id, o.destination_id, o.identity, o.currency, o.description, o.commit_time,
             CASE e.source_id WHEN k.id THEN e.source_balance
                  ELSE e.destination_balance END AS balance
      """;

  /** What no database can make smaller. */
  private static final byte[] ROOM = new byte[1 << 16];

  static {
    new Random(0).nextBytes(ROOM);
  }

  final Connection jdbc;
  private @Nullable UUID newest;
  private @Nullable Position newestAt;

  JournalConnection(Connection jdbc) {
    this.jdbc = jdbc;
  }

  /** Begins a transaction in which this connection alone adds to the journal. */
  abstract Head beginAppending() throws SQLException;

  /** Begins what this connection alone adds to the indexes. */
  abstract Head beginIndexing() throws SQLException;

  /** Adds to all indexes what is between two places of the journal, and makes that durable. */
  abstract void index(Position from, Position to) throws SQLException;

  /** Ends it with nothing added. */
  abstract void endIndexing() throws SQLException;

  /** Makes what was done since the begin durable. */
  abstract void commit() throws SQLException;

  /** Takes back what was done since the begin. */
  abstract void rollback() throws SQLException;

  /** Adds transactions, in the order of their sequences. */
  abstract void addTransactions(List<Transaction> transactions) throws SQLException;

  /** Looks requests up in their index. */
  abstract IndexedRequests requests(Collection<RequestKey> keys) throws SQLException;

  /** Accounts that are indexed, with what was on them at the end of the indexes. */
  abstract Map<AccountId, AccountBalance> accounts(Collection<AccountId> ids) throws SQLException;

  /** Takes new room before it gives the old back, so it fails where a batch would. */
  final void claimRoom() throws SQLException {
    try (PreparedStatement statement =
        jdbc.prepareStatement("INSERT INTO room (bytes) VALUES (?)")) {
      statement.setBytes(1, ROOM);
      statement.executeUpdate();
    }
    execute("DELETE FROM room WHERE id < (SELECT max(id) FROM room)");
  }

  /** Where the journal has what became of requests. */
  static final class IndexedRequests {
    private final List<Long> sequences = new ArrayList<>();
    private final List<Long> refusals = new ArrayList<>();

    /** Takes what a row of the index says. */
    void add(ResultSet row) throws SQLException {
      long sequence = row.getLong("sequence");
      if (row.wasNull()) {
        refusals.add(row.getLong("refusal"));
      } else {
        sequences.add(sequence);
      }
    }
  }

  /** What the database says of itself. */
  static Head head(Connection jdbc, String sql) throws SQLException {
    try (PreparedStatement statement = jdbc.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("the journal has no head");
      }
      return new Head(
          new Position(row.getLong("sequence"), row.getLong("refusals")),
          Rows.instant(row.getLong("commit_time")),
          new Position(row.getLong("indexed"), row.getLong("indexed_refusals")));
    }
  }

  /**
   * Brings a tail up to a head that the database had, whoever moved it there.
   *
   * @param of the tail's incarnation before the head was read
   */
  static void follow(Connection jdbc, Head head, Tail tail, long of) throws SQLException {
    tail.indexed(of, head.indexed());
    Position from = tail.end();
    while (from.isBehind(head.end())) {
      List<Outcome> following = between(jdbc, from, head.end());
      if (following.isEmpty()) {
        throw new SQLException("the journal lacks what is between " + from + " and " + head.end());
      }
      tail.extend(of, from, following);
      if (tail.incarnation() != of) {
        throw new SQLException("the journal was opened anew meanwhile");
      }
      from = tail.end();
    }
  }

  /** Makes a tail anew, as the database has it. */
  static void reload(Connection jdbc, Head head, Tail tail) throws SQLException {
    tail.replace(head.indexed(), between(jdbc, head.indexed(), head.end()));
  }

  /** What is between two places of the journal: the transactions in order, then the refusals. */
  private static List<Outcome> between(Connection jdbc, Position from, Position to)
      throws SQLException {
    List<Outcome> found = new ArrayList<>();
    if (from.sequence() < to.sequence()) {
      found.addAll(transactions(jdbc, from.sequence(), to.sequence()));
    }
    if (from.refusals() < to.refusals()) {
      found.addAll(refusals(jdbc, from.refusals(), to.refusals()));
    }
    return found;
  }

  /** The transactions behind a sequence, and up to another. */
  static List<Outcome> transactions(Connection jdbc, long after, long upTo) throws SQLException {
    List<Outcome> found = new ArrayList<>();
    try (PreparedStatement statement = jdbc.prepareStatement(TRANSACTIONS)) {
      statement.setLong(1, after);
      statement.setLong(2, upTo);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(Rows.outcome(Rows.transaction(row)));
        }
      }
    }
    return found;
  }

  /** The refusals behind a number, and up to another. */
  static List<Outcome> refusals(Connection jdbc, long after, long upTo) throws SQLException {
    List<Outcome> found = new ArrayList<>();
    try (PreparedStatement statement = jdbc.prepareStatement(REFUSALS)) {
      statement.setLong(1, after);
      statement.setLong(2, upTo);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(Rows.refusal(row));
        }
      }
    }
    return found;
  }

  /**
   * What became of requests that are indexed. Ids that are made in the order of time lie behind all
   * that are indexed, so that most batches need no look at the index, only at its end.
   *
   * @param indexed how far the indexes are, at least
   */
  final Map<RequestKey, Outcome> outcomes(Collection<RequestKey> keys, Position indexed)
      throws SQLException {
    if (!indexed.equals(newestAt)) {
      newest = newestRequest();
      newestAt = indexed;
    }
    UUID last = newest;
    List<RequestKey> old =
        last == null
            ? List.of()
            : keys.stream().filter(key -> compare(key.requestId(), last) <= 0).toList();
    Map<RequestKey, Outcome> outcomes = new HashMap<>();
    if (!old.isEmpty()) {
      IndexedRequests places = requests(old);
      for (long sequence : places.sequences) {
        transactions(jdbc, sequence - 1, sequence).forEach(each -> put(outcomes, each));
      }
      for (long number : places.refusals) {
        refusals(jdbc, number - 1, number).forEach(each -> put(outcomes, each));
      }
    }
    return outcomes;
  }

  private @Nullable UUID newestRequest() throws SQLException {
    try (PreparedStatement statement = jdbc.prepareStatement(NEWEST_REQUEST);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? Rows.uuid(row.getObject(1)) : null;
    }
  }

  /** In the order of the databases, which is that of the bytes. */
  private static int compare(UUID one, UUID other) {
    int most = Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
    return most != 0
        ? most
        : Long.compareUnsigned(one.getLeastSignificantBits(), other.getLeastSignificantBits());
  }

  private static void put(Map<RequestKey, Outcome> outcomes, Outcome outcome) {
    outcomes.put(outcome.command().key(), outcome);
  }

  /** Adds outcomes that follow the head, and moves it. */
  final Head append(Head head, List<Outcome> outcomes) throws SQLException {
    List<Transaction> transactions = new ArrayList<>(outcomes.size());
    Head moved = head;
    try (PreparedStatement refusals = jdbc.prepareStatement(ADD_REFUSAL)) {
      for (Outcome outcome : outcomes) {
        Position end = moved.end().after(outcome);
        if (outcome.decision() instanceof Posted posted) {
          long expected = moved.end().sequence() + 1;
          if (end.sequence() != expected) {
            throw new SQLException("sequence: " + end.sequence() + " (expected: " + expected + ")");
          }
          transactions.add(posted.transaction());
          moved = new Head(end, posted.transaction().commitTime(), moved.indexed());
        } else {
          bind(refusals, refusal(end, outcome.command(), (Refused) outcome.decision()));
          refusals.addBatch();
          moved = new Head(end, moved.commitTime(), moved.indexed());
        }
      }
      if (moved.end().refusals() > head.end().refusals()) {
        refusals.executeBatch();
      }
    }
    if (!transactions.isEmpty()) {
      addTransactions(transactions);
    }
    try (PreparedStatement statement = jdbc.prepareStatement(MOVE_HEAD)) {
      bind(
          statement,
          moved.end().sequence(),
          Rows.micros(moved.commitTime()),
          moved.end().refusals());
      statement.executeUpdate();
    }
    return moved;
  }

  private @Nullable Object[] refusal(Position end, Command command, Refused refused) {
    AccountId account;
    String destination = null;
    String currency;
    Long amount = null;
    String description;
    if (command instanceof CreateAccount create) {
      account = create.account();
      currency = create.currency().getCurrencyCode();
      description = create.displayName();
    } else {
      Payment payment = (Payment) command;
      account = payment.source().isSettlement() ? payment.destination() : payment.source();
      destination = command instanceof Transfer transfer ? transfer.destination().value() : null;
      currency = payment.amount().currency().getCurrencyCode();
      amount = payment.amount().minorUnits();
      description = payment.description();
    }
    return new @Nullable Object[] {
      end.refusals(),
      end.sequence(),
      command.key().identity().name(),
      requestId(command.key()),
      command.kind().name(),
      account.value(),
      destination,
      currency,
      amount,
      description,
      refused.refusal().name(),
      Rows.json(refused.details())
    };
  }

  /** A request's id as this database keeps it. */
  abstract Object requestId(RequestKey key);

  static void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
  }

  /** The leg that gives, or null if nobody does. */
  static @Nullable Entry source(Transaction transaction) {
    return transaction.entries().size() > 1 ? transaction.entries().get(0) : null;
  }

  /** The leg that gets. */
  static Entry destination(Transaction transaction) {
    return transaction.entries().get(transaction.entries().size() - 1);
  }

  /** Runs a statement whose parameters are a pair, once or several times: tells how many rows. */
  final int update(String sql, long first, long second) throws SQLException {
    try (PreparedStatement statement = jdbc.prepareStatement(sql)) {
      long parameters = sql.chars().filter(c -> c == '?').count();
      for (int i = 1; i <= parameters; i++) {
        statement.setLong(i, i % 2 == 1 ? first : second);
      }
      return statement.executeUpdate();
    }
  }

  final void execute(String sql) throws SQLException {
    try (Statement statement = jdbc.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    jdbc.close();
  }
}
