package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.commit.LedgerQueries.BalanceAt;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.OutcomeUnknownException;
import dev.mbank.server.commit.ReplayedLedger;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresFailureTest {
  private final PostgresTestDatabase database = new PostgresTestDatabase(Indexing.NEVER);

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void commit_databaseDidNotWaitForItsStandby_isUnknown() throws Exception {
    // The same as a wait that an operator ends: done, and a warning says that it is here only.
    LedgerStore store = database.join().store();
    run(
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " RAISE WARNING 'might not have been replicated'; RETURN NULL; END; $$");
    run(
        "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON journal_transaction"
            + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()");
    TestLedger ledger = new TestLedger(store);
    assertThatThrownBy(() -> ledger.append(NOON, open("a")))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasStackTraceContaining("might not have been replicated");
    run("DROP TRIGGER warn ON journal_transaction");
    ledger.append(NOON, open("b"));
    assertThat(WrittenJournal.read(database.settings().url())).isEqualTo(ledger.expected.journal());
  }

  @Test
  void begin_databaseThatLostItsEnd_isBelievedAndNotTheMemory() throws Exception {
    TestDatabase.Server server = database.join();
    TestLedger before = new TestLedger(server.store());
    List<Outcome> kept = before.append(NOON, open("a"), deposit("a", 5));
    List<Outcome> lost = before.append(NOON, deposit("a", 7), open("b"));
    // As a standby that had not got the last transactions and is the primary now.
    run("ALTER TABLE journal_transaction DISABLE TRIGGER no_change");
    run("DELETE FROM journal_transaction WHERE sequence > 2");
    run("UPDATE journal_head SET sequence = 2");
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    assertThatThrownBy(() -> server.store().begin()).isInstanceOf(StoreUnavailableException.class);

    TestLedger after = new TestLedger(server.store());
    kept.forEach(after.expected::apply);
    try (LedgerStore.Batch batch = server.store().begin()) {
      assertThat(batch.head().sequence()).isEqualTo(2);
      assertThat(batch.outcomes(Set.of(lost.get(0).command().key()))).isEmpty();
      assertThat(batch.accounts(Set.of(new AccountId("a"))))
          .isEqualTo(after.expected.accounts(Set.of(new AccountId("a"))));
    }
    after.append(NOON, deposit("a", 1));
    // The pool finds out by use that its connections are gone.
    await()
        .ignoreExceptionsInstanceOf(StoreUnavailableException.class)
        .untilAsserted(
            () ->
                assertThat(server.queries().balance(new AccountId("a")))
                    .isEqualTo(new BalanceAt(after.expected.account(new AccountId("a")), 3)));
    ReplayedLedger.of(WrittenJournal.read(database.settings().url()));
  }

  private void run(String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
