package dev.mbank.server.store;

import static java.util.Objects.requireNonNull;

import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Outcome;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of the journal: all of its columns, in the same values on every database, and the outcome
 * that a server reads in it.
 *
 * @param columns in the order of the schema: longs, strings, UUIDs and nulls
 */
record JournalRow(Table table, List<@Nullable Object> columns, Outcome outcome) {

  /** A table: what its rows are, what they are numbered by, and what its columns are. */
  enum Table {
    TRANSACTIONS("transaction", "sequence", "nntuttntntnt"),
    REFUSALS("refusal", "number", "nntuttttnttj");

    /** What a row is. */
    final String noun;

    /** The first rows behind a number, up to another. */
    final String page;

    /** A letter for each column: number, text, UUID, JSON. */
    private final String columns;

    Table(String noun, String key, String columns) {
      this.noun = noun;
      page =
          "SELECT * FROM journal_%s WHERE %2$s > ? AND %2$s <= ? ORDER BY %2$s LIMIT ?"
              .formatted(noun, key);
      this.columns = columns;
    }
  }

  /**
   * Reads a row.
   *
   * @throws IllegalArgumentException if no server could read it
   */
  static JournalRow read(Table table, ResultSet row) throws SQLException {
    Outcome outcome =
        table == Table.TRANSACTIONS ? Rows.outcome(Rows.transaction(row)) : Rows.refusal(row);
    List<@Nullable Object> columns = new ArrayList<>(table.columns.length());
    for (int i = 0; i < table.columns.length(); i++) {
      columns.add(value(table.columns.charAt(i), row, i + 1, outcome));
    }
    return new JournalRow(table, Collections.unmodifiableList(columns), outcome);
  }

  private static @Nullable Object value(char kind, ResultSet row, int column, Outcome outcome)
      throws SQLException {
    return switch (kind) {
      case 'n' -> row.getObject(column) == null ? null : (Object) row.getLong(column);
      case 'u' -> Rows.uuid(row.getObject(column));
      // Read and written again, for two texts may say the same.
      case 'j' -> Rows.json(((Refused) outcome.decision()).details());
      default -> row.getString(column);
    };
  }

  /** The sequence of a transaction, the number of a refusal. */
  long number() {
    return (Long) requireNonNull(columns.get(0));
  }

  /** What the second column of a refusal says: the last transaction before it. */
  long afterSequence() {
    return (Long) requireNonNull(columns.get(1));
  }

  /** How it is called in messages. */
  String name() {
    return table.noun + " " + number();
  }
}
