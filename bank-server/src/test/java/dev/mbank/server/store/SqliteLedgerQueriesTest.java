package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.EUR;
import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.store.TestLedger.NOON;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.mbank.server.commit.LedgerQueries.BalanceAt;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.AccountId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.datasource.DelegatingDataSource;

class SqliteLedgerQueriesTest {
  @TempDir Path folder;

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

  abstract static class Contract extends LedgerQueriesContract {
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

  @Test
  void balance_settlementAccountGetsItsFirstEntryMeanwhile_isNotTorn() {
    try (SqliteTestDatabase database = new SqliteTestDatabase(folder, Indexing.BEHIND)) {
      TestLedger ledger = new TestLedger(database.join().store());
      ledger.append(NOON, open("a"));
      AtomicInteger connections = new AtomicInteger();
      JournalQueries queries =
          new JournalQueries(
              new DelegatingDataSource(database.open().readers()) {
                @Override
                public Connection getConnection() throws SQLException {
                  if (connections.incrementAndGet() == 2) {
                    ledger.append(NOON, deposit("a", 5));
                  }
                  return super.getConnection();
                }
              },
              new Tail());
      BalanceAt found = requireNonNull(queries.balance(AccountId.settlement(EUR)));
      assertThat(found.balance().balance()).isEqualTo(found.sequence() == 2 ? -5 : 0);
    }
  }

  @Test
  void anyQuery_databaseClosed_throwsStoreUnavailable() {
    SqliteTestDatabase database = new SqliteTestDatabase(folder, Indexing.BEHIND);
    JournalQueries queries = new JournalQueries(database.open().readers(), new Tail());
    database.close();
    assertThatExceptionOfType(StoreUnavailableException.class).isThrownBy(queries::sequence);
  }

  @Test
  void readers_write_isRefused() throws SQLException {
    try (SqliteTestDatabase database = new SqliteTestDatabase(folder, Indexing.BEHIND);
        Connection reader = database.open().readers().getConnection();
        Statement statement = reader.createStatement()) {
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> statement.executeUpdate("UPDATE journal_head SET sequence = 5"));
    }
  }
}
