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
  private static final String INDEXED =
      "SELECT group_concat(account_id || sequence, ' ') FROM index_entry";

  private final BankFile bank;
  @TempDir Path other;

  JournalCheckTest(@TempDir Path folder) {
    bank = BankFile.closed(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE journal_transaction SET destination_balance = 99 WHERE sequence = 62"
            + " | after transaction 62 the balance of a is 99 and not 60",
        "UPDATE journal_transaction SET destination_balance = 99 WHERE sequence = 10"
            + " | after transaction 10 the balance of a is 99 and not 8",
        "UPDATE journal_transaction SET source_balance = 5 WHERE sequence = 10"
            + " | after transaction 10 the balance of settlement-eur is 5 and not -8",
        "UPDATE journal_transaction SET amount = 2 WHERE sequence = 10"
            + " | after transaction 10 the balance of a is 8 and not 9",
        "UPDATE journal_transaction SET destination_id = 'b' WHERE sequence = 10"
            + " | after transaction 10 the balance of b is 8 and not 1",
        "DELETE FROM journal_transaction WHERE sequence = 20 | transaction 20 is missing",
        "DELETE FROM journal_transaction WHERE sequence = 1 | transaction 1 is missing",
        "DELETE FROM journal_transaction WHERE sequence = 62 | head and last transaction differ",
        "INSERT INTO journal_transaction SELECT 64, commit_time, identity, request_id, kind,"
            + " currency, amount, source_id, source_balance, destination_id, destination_balance,"
            + " description FROM journal_transaction WHERE sequence = 62"
            + " | transaction 63 is missing",
        "UPDATE journal_head SET refusals = 1 | head and last transaction differ",
        "UPDATE journal_head SET commit_time = commit_time + 1"
            + " | head and last transaction differ",
      })
  void open_journalThatIsNotSound_isRefusedAndUntouched(String change, String fault)
      throws Exception {
    bank.force(change);
    String indexed = bank.value(INDEXED);
    byte[] before = Files.readAllBytes(bank.file());
    assertThat(bank.refusal()).contains("a whole journal; " + fault);
    assertThat(bank.file()).hasBinaryContent(before);
    assertThat(bank.value(INDEXED)).isEqualTo(indexed);
  }

  @Test
  void open_severalFaults_namesTheFirst() throws Exception {
    bank.force(
        "UPDATE journal_transaction SET amount = 2 * amount WHERE sequence = 30",
        "UPDATE journal_transaction SET source_balance = 7 WHERE sequence = 20",
        "DELETE FROM journal_transaction WHERE sequence = 40");
    assertThat(bank.refusal()).contains("a whole journal; after transaction 20 the balance of");
  }

  @Test
  void open_unsoundWithALogBesideIt_leavesFileAndLog() throws Exception {
    BankFile crashed;
    try (SqliteDatabase running = bank.open()) {
      assertThat(running.readers()).isNotNull();
      bank.force("UPDATE journal_transaction SET destination_balance = 99 WHERE sequence = 62");
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
      statement.executeUpdate("DELETE FROM index_entry WHERE account_id = 'a'");
      assertThat(running.readers()).isNotNull();
      crashed = bank.crashedInto(other);
    }
    crashed.open().close();
    assertThat(crashed.value("SELECT sequence FROM index_head")).isEqualTo("0");
    assertThat(crashed.log()).doesNotExist();
  }
}
