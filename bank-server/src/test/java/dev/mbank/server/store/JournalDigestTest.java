package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.Commands.transfer;
import static dev.mbank.server.commit.Commands.withdraw;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.store.JournalRow.Table;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalDigestTest {
  private final TestDatabase database;
  private final List<JournalRow> rows;

  JournalDigestTest(@TempDir Path folder) {
    database = new SqliteTestDatabase(folder, Indexing.NEVER);
    new TestLedger(database.join().store())
        .append(
            NOON,
            open("a"),
            open("b"),
            withdraw("a", 5),
            deposit("a", 9),
            transfer("a", "b", 2),
            transfer("a", "nobody", 2),
            open("a"),
            withdraw("b", 1));
    rows = rows(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void digest_anyFieldOfAnyRow_changesIt() {
    Set<String> digests = new HashSet<>(Set.of(digest(rows)));
    int changes = 0;
    for (int i = 0; i < rows.size(); i++) {
      for (int column = 0; column < rows.get(i).columns().size(); column++) {
        for (Object other : others(rows.get(i).columns().get(column))) {
          List<JournalRow> changed = new ArrayList<>(rows);
          changed.set(i, with(rows.get(i), column, other));
          digests.add(digest(changed));
          changes++;
        }
      }
    }
    assertThat(changes).isGreaterThan(100);
    assertThat(digests).hasSize(1 + changes);
  }

  @Test
  void digest_rowsInAnotherOrder_isAnother() {
    for (int i = 1; i < rows.size(); i++) {
      List<JournalRow> swapped = new ArrayList<>(rows);
      Collections.swap(swapped, i - 1, i);
      assertThat(digest(swapped)).isNotEqualTo(digest(rows));
    }
  }

  @Test
  void digest_lessOrMore_isAnother() {
    assertThat(digest(rows.subList(0, rows.size() - 1))).isNotEqualTo(digest(rows));
    assertThat(digest(rows.subList(1, rows.size()))).isNotEqualTo(digest(rows));
    assertThat(digest(List.of())).isNotEqualTo(digest(rows));
  }

  @Test
  void digest_letterMovedToTheNextField_isAnother() {
    JournalRow row = rows.get(0);
    assertThat(digest(List.of(with(with(row, 4, "a\u0002b"), 5, "c"))))
        .isNotEqualTo(digest(List.of(with(with(row, 4, "a"), 5, "b\u0002c"))));
  }

  @Test
  void digest_rowOfTheOtherTable_isAnother() {
    JournalRow row = rows.get(0);
    JournalRow moved = new JournalRow(Table.REFUSALS, row.columns(), row.outcome());
    assertThat(digest(List.of(moved))).isNotEqualTo(digest(List.of(row)));
  }

  /** What is digested must not change with a version, for two may have to agree. */
  @Test
  void digest_knownRow_isAsEver() {
    List<@Nullable Object> columns = new ArrayList<>(List.of(1L, -1L, "é", new UUID(1, 2), ""));
    columns.add(null);
    JournalRow row = new JournalRow(Table.TRANSACTIONS, columns, rows.get(0).outcome());
    assertThat(digest(List.of(row)))
        .isEqualTo("f39d1d30dd92c31ae0c5e0ae59517011b80ef83a0ccff2b544610a00b7bfb848");
  }

  @Test
  void read_row_hasEveryColumn() throws Exception {
    try (TestDatabase other = new PostgresTestDatabase(Indexing.NEVER)) {
      new TestLedger(other.join().store()).append(NOON, open("a"), withdraw("a", 5));
      for (TestDatabase each : List.of(database, other)) {
        for (JournalRow row : rows(each)) {
          assertThat(row.columns()).hasSize(columns(each, row.table()));
        }
      }
    }
  }

  private static int columns(TestDatabase database, Table table) throws Exception {
    try (Connection connection = database.connect();
        var statement = connection.prepareStatement(table.page)) {
      JournalConnection.bind(statement, 0L, 1L, 1);
      try (var row = statement.executeQuery()) {
        return row.getMetaData().getColumnCount();
      }
    }
  }

  private static List<JournalRow> rows(TestDatabase database) {
    List<JournalRow> rows = new ArrayList<>();
    CopySide side = new CopySide("--from", database.url(), "", "");
    try (ReadOnlyJournal journal = ReadOnlyJournal.require(side, null)) {
      for (JournalRow row = journal.next(); row != null; row = journal.next()) {
        rows.add(row);
      }
    }
    return rows;
  }

  private static String digest(List<JournalRow> rows) {
    JournalDigest digest = new JournalDigest();
    rows.forEach(digest::add);
    return digest.end();
  }

  private static JournalRow with(JournalRow row, int column, @Nullable Object value) {
    List<@Nullable Object> columns = new ArrayList<>(row.columns());
    columns.set(column, value);
    return new JournalRow(row.table(), columns, row.outcome());
  }

  /** Other values that a column could have, null among them. */
  private static List<@Nullable Object> others(@Nullable Object value) {
    List<@Nullable Object> others = new ArrayList<>();
    if (value == null) {
      others.addAll(List.of(0L, ""));
    } else if (value instanceof Long number) {
      others.addAll(List.of(number + 1, number - 1, number ^ (1L << 62)));
      others.add(null);
    } else if (value instanceof UUID uuid) {
      others.add(new UUID(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits() + 1));
      others.add(new UUID(uuid.getMostSignificantBits() + 1, uuid.getLeastSignificantBits()));
    } else {
      others.addAll(List.of(value + "x", "y" + value));
      others.add(value.equals("") ? null : "");
    }
    return others;
  }
}
