package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.Commands.withdraw;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteLedgerStoreTest {
  @Nested
  class NotIndexed extends Contract {
    NotIndexed(@TempDir Path folder) {
      super(folder, Indexing.NEVER);
    }
  }

  @Nested
  class IndexesBehind extends Contract {
    IndexesBehind(@TempDir Path folder) {
      super(folder, Indexing.BEHIND);
    }
  }

  @Nested
  class Indexed extends Contract {
    Indexed(@TempDir Path folder) {
      super(folder, Indexing.ALWAYS);
    }
  }

  /** Would delete what is in its way without a trigger that knows of it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "REPLACE INTO journal_transaction SELECT * FROM journal_transaction WHERE sequence = 1",
        "REPLACE INTO journal_refusal SELECT * FROM journal_refusal WHERE number = 1",
      })
  void journal_replacedByHand_refuses(String sql, @TempDir Path folder) throws SQLException {
    try (TestDatabase database = new SqliteTestDatabase(folder, Indexing.NEVER);
        Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      new TestLedger(database.join().store()).append(NOON, open("a"), withdraw("a", 1));
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> statement.executeUpdate(sql))
          .withMessageContaining("the journal is only ever added to");
    }
  }

  abstract static class Contract extends LedgerStoreContract {
    private final Path folder;
    private final Indexing indexing;

    Contract(Path folder, Indexing indexing) {
      this.folder = folder;
      this.indexing = indexing;
    }

    @Override
    TestDatabase database() {
      return new SqliteTestDatabase(folder, indexing);
    }
  }
}
