package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.mbank.server.commit.CommitSettings;
import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerQueries.BalanceAt;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.OutcomeUnknownException;
import dev.mbank.server.commit.ReplayedLedger;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Outcome;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresFailureTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final PostgresTestDatabase database = new PostgresTestDatabase(Indexing.NEVER);

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void commit_databaseDidNotWaitForItsStandby_isUnknown() throws Exception {
    // The same as a wait that an operator ends: done, and a warning says that it is here only.
    database.set("client_min_messages = error");
    LedgerStore store = database.join().store();
    database.run(
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " RAISE WARNING 'might not have been replicated'; RETURN NULL; END; $$");
    database.run(
        "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON journal_transaction"
            + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()");
    TestLedger ledger = new TestLedger(store);
    assertThatThrownBy(() -> ledger.append(NOON, open("a")))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasStackTraceContaining("might not have been replicated");
    database.run("DROP TRIGGER warn ON journal_transaction");
    ledger.append(NOON, open("b"));
    assertThat(WrittenJournal.read(database.settings().url())).isEqualTo(ledger.expected.journal());
  }

  @Test
  void begin_databaseThatLostItsEnd_isBelievedAndNotTheMemory() throws Exception {
    TestDatabase.Server server = database.join();
    TestLedger before = new TestLedger(server.store());
    List<Outcome> kept = before.append(NOON, open("a"), deposit("a", 5));
    List<Outcome> lost = before.append(NOON, deposit("a", 7), open("b"));
    database.loseBehind(2, "commit_time = commit_time");
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

  @Test
  void begin_databaseThatLostMoreThanMayWaitToBeIndexed_isBelieved() throws Exception {
    try (PostgresDatabase opened = PostgresDatabase.open(database.settings());
        Journal journal = new Journal(opened, 1)) {
      TestLedger ledger = new TestLedger(journal.store());
      ledger.append(NOON, open("a"), deposit("a", 1));
      ledger.append(NOON, Stream.generate(() -> deposit("a", 1)).limit(8).toList());
      database.loseBehind(1, "commit_time = commit_time");
      assertTimeoutPreemptively(
          SOON,
          () ->
              await()
                  .ignoreExceptionsInstanceOf(StoreUnavailableException.class)
                  .untilAsserted(
                      () -> {
                        try (LedgerStore.Batch batch = journal.store().begin()) {
                          assertThat(batch.head().sequence()).isEqualTo(1);
                        }
                      }));
    }
  }

  /** An idle writer's probe has the new connection first; the next batch must hear of it. */
  @Test
  void writer_databaseLostItsEndWhileNobodyWrote_decidesByWhatIsLeft() throws Exception {
    TestDatabase.Server one = database.join();
    TestDatabase.Server two = database.join();
    List<Boolean> seen = new CopyOnWriteArrayList<>();
    try (GroupCommitWriter writer = writer(one.store(), seen)) {
      decide(writer, open("a"));
      decide(writer, deposit("a", 5));
      String then = "commit_time = " + commitTime();
      decide(writer, deposit("a", 7));
      database.loseBehind(2, then);
      await().atMost(SOON).until(() -> seen.equals(List.of(true, false, true)));
      // The other one is as far again: the same sequence, and not the same journal.
      try (GroupCommitWriter other = writer(two.store(), new CopyOnWriteArrayList<>())) {
        decide(other, deposit("a", 1));
      }
      decide(writer, deposit("a", 1));
    }
    List<Outcome> journal = WrittenJournal.read(database.url());
    assertThat(journal).hasSize(4);
    ReplayedLedger.of(journal);
  }

  private long commitTime() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT commit_time FROM journal_head")) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    }
  }

  private static GroupCommitWriter writer(LedgerStore store, List<Boolean> seen) {
    Duration often = Duration.ofMillis(20);
    CommitSettings settings = new CommitSettings(1000, 20, often, often, SOON);
    GroupCommitWriter writer =
        new GroupCommitWriter(store, Clock.systemUTC(), settings, List.of(seen::add));
    writer.start();
    return writer;
  }

  private static void decide(GroupCommitWriter writer, Command command) throws Exception {
    writer.submit(command).get(SOON.toSeconds(), TimeUnit.SECONDS);
  }
}
