package dev.mbank.server.store;

import dev.mbank.server.store.JournalRow.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a journal in the order in which they were added, up to an end that was seen. They
 * come in pages, each a statement of its own: what is up to the end does not change, so it needs no
 * transaction that would stay open for as long as all takes.
 */
final class JournalRows {
  private final Pages transactions;
  private final Pages refusals;
  private long sequence;

  JournalRows(Connection jdbc, Position end) {
    transactions = new Pages(jdbc, Table.TRANSACTIONS, end.sequence());
    refusals = new Pages(jdbc, Table.REFUSALS, end.refusals());
  }

  /**
   * The next row, or null behind the last.
   *
   * @throws SQLException also if the row is one that no server can read
   */
  @Nullable JournalRow next() throws SQLException {
    JournalRow refusal = refusals.peek();
    JournalRow transaction = transactions.peek();
    if (refusal != null && (transaction == null || refusal.afterSequence() <= sequence)) {
      return refusals.take();
    }
    if (transaction != null) {
      sequence = transaction.number();
    }
    return transactions.take();
  }

  /** One of the two tables. */
  private static final class Pages {
    private static final int SIZE = 4096;

    private final Connection jdbc;
    private final Table table;
    private final long end;
    private final Deque<JournalRow> page = new ArrayDeque<>();
    private long last;
    private boolean done;

    Pages(Connection jdbc, Table table, long end) {
      this.jdbc = jdbc;
      this.table = table;
      this.end = end;
    }

    @Nullable JournalRow peek() throws SQLException {
      if (page.isEmpty() && !done) {
        read();
      }
      return page.peek();
    }

    @Nullable JournalRow take() {
      return page.poll();
    }

    private void read() throws SQLException {
      try (PreparedStatement statement = jdbc.prepareStatement(table.page)) {
        JournalConnection.bind(statement, last, end, SIZE);
        try (ResultSet row = statement.executeQuery()) {
          while (row.next()) {
            JournalRow read = read(row);
            page.add(read);
            last = read.number();
          }
        }
      }
      done = page.size() < SIZE;
    }

    private JournalRow read(ResultSet row) throws SQLException {
      try {
        return JournalRow.read(table, row);
      } catch (RuntimeException e) {
        throw new SQLException(
            "no server can read what is behind %s %d".formatted(table.noun, last), e);
      }
    }
  }
}
