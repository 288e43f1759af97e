package dev.mbank.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JournalCheckTest {
  private static final String BALANCES =
      "SELECT group_concat(account_id || '=' || balance, ' ') FROM"
          + " (SELECT * FROM account_balance ORDER BY account_id)";

  private final BankFile bank;
  @TempDir Path other;

  JournalCheckTest(@TempDir Path folder) {
    bank = BankFile.closed(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE journal_entry SET balance = 99 WHERE sequence = 62 AND leg = 1"
            + " | after transaction 62 the balance of a is 99 and not 60",
        "UPDATE journal_entry SET balance = 99 WHERE sequence = 10 AND leg = 1"
            + " | after transaction 10 the balance of a is 99 and not 8",
        "UPDATE journal_entry SET amount = 2 * amount WHERE sequence = 10"
            + " | after transaction 10 the balance of a is 8 and not 9",
        "UPDATE journal_entry SET amount = amount + 1, balance = balance + 1"
            + " WHERE sequence = 62 AND leg = 1"
            + " | the entries of transaction 62 sum to 1 and not to 0",
        "DELETE FROM journal_entry WHERE sequence = 62"
            + " | the entries of transaction 62 sum to nothing and not to 0",
        "DELETE FROM journal_transaction WHERE sequence = 20 | transaction 20 is missing",
        "DELETE FROM journal_transaction WHERE sequence = 1 | transaction 1 is missing",
        "DELETE FROM journal_transaction WHERE sequence = 62 | head and last transaction differ",
        "UPDATE journal_entry SET sequence = 70 WHERE sequence = 62 AND leg = 1"
            + " | the entries of transaction 62 sum to -1 and not to 0",
        "INSERT INTO journal_entry VALUES (63, 0, 'b', 5, 5) | head and last transaction differ",
        "UPDATE journal_head SET commit_time = commit_time + 1"
            + " | head and last transaction differ",
      })
  void open_journalThatIsNotSound_isRefusedAndUntouched(String change, String fault)
      throws Exception {
    bank.force(change);
    String balances = bank.value(BALANCES);
    byte[] before = Files.readAllBytes(bank.file());
    assertThat(bank.refusal()).contains("a whole journal; " + fault);
    assertThat(bank.file()).hasBinaryContent(before);
    assertThat(bank.value(BALANCES)).isEqualTo(balances);
  }

  @Test
  void open_severalFaults_namesTheFirst() throws Exception {
    bank.force(
        "UPDATE journal_entry SET amount = 2 * amount WHERE sequence = 30",
        "UPDATE journal_entry SET balance = 7 WHERE sequence = 20 AND leg = 0",
        "DELETE FROM journal_transaction WHERE sequence = 40");
    assertThat(bank.refusal()).contains("a whole journal; after transaction 20 the balance of");
  }

  @Test
  void open_unsoundWithALogBesideIt_leavesFileAndLog() throws Exception {
    BankFile crashed;
    try (SqliteDatabase running = bank.open()) {
      assertThat(running.readers()).isNotNull();
      bank.force("UPDATE journal_entry SET balance = 99 WHERE sequence = 62 AND leg = 1");
      crashed = bank.crashedInto(other);
    }
    byte[] file = Files.readAllBytes(crashed.file());
    byte[] log = Files.readAllBytes(crashed.log());
    assertThat(log).isNotEmpty();

    assertThat(crashed.refusal()).contains("after transaction 62");
    assertThat(crashed.file()).hasBinaryContent(file);
    assertThat(crashed.log()).hasBinaryContent(log);
  }

  @Test
  void open_soundWithALogBesideIt_takesTheLogAlong() throws Exception {
    BankFile crashed;
    try (SqliteDatabase running = bank.open();
        Connection connection = DriverManager.getConnection(bank.url());
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE account_balance SET balance = 1 WHERE account_id = 'a'");
      assertThat(running.readers()).isNotNull();
      crashed = bank.crashedInto(other);
    }
    crashed.open().close();
    assertThat(crashed.value(BALANCES)).isEqualTo("a=60 b=0 settlement-eur=-60");
    assertThat(crashed.log()).doesNotExist();
  }
}
