package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mbank.server.commit.Commands;
import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.stream.Stream;

/** The file of a bank, which a test closes, damages and opens. */
record BankFile(Path file) {

  /** A bank of 62 transactions that was closed in order: a has 60, b nothing. */
  static BankFile closed(Path folder) {
    BankFile bank = new BankFile(folder.resolve("bank.db"));
    try (SqliteDatabase database = bank.open();
        Journal journal = new Journal(database, 100)) {
      TestLedger ledger = new TestLedger(journal.store());
      ledger.append(NOON, Commands.open("a"), Commands.open("b"));
      ledger.append(NOON, Stream.generate(() -> deposit("a", 1)).limit(60).toList());
      journal.indexer().finish();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return bank;
  }

  /** The two files as a crash leaves them: a copy in another folder, of a bank that is open. */
  BankFile crashedInto(Path folder) throws IOException {
    BankFile copy = new BankFile(folder.resolve("bank.db"));
    Files.copy(file, copy.file);
    Files.copy(log(), copy.log());
    return copy;
  }

  Path log() {
    return SqliteFile.log(file);
  }

  String url() {
    return "jdbc:sqlite:" + file;
  }

  SqliteDatabase open() {
    return SqliteDatabase.open(SqliteTestDatabase.settings(url(), 2, Duration.ofMillis(50), 100));
  }

  /** What the start says that was expected instead. */
  String refusal() {
    SettingException refused = catchThrowableOfType(SettingException.class, () -> open().close());
    assertThat(refused)
        .message()
        .startsWith("DATABASE_URL: " + url() + " (expected: ")
        .endsWith(")")
        .hasLineCount(1);
    return String.valueOf(refused.getMessage());
  }

  /** Does what the triggers forbid, as somebody would who means it. */
  void force(String... changes) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TRIGGER journal_transaction_no_update");
      statement.execute("DROP TRIGGER journal_transaction_no_delete");
      for (String change : changes) {
        assertThat(statement.executeUpdate(change)).as(change).isPositive();
      }
    }
  }

  String value(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).as(sql).isTrue();
      return row.getString(1);
    }
  }
}
