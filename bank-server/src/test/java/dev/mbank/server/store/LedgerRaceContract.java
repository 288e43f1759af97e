package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.commit.Commands;
import dev.mbank.server.commit.CommitSettings;
import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerQueries.BalanceAt;
import dev.mbank.server.commit.LedgerQueries.StatementLine;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.ReplayedLedger;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Decision;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several servers and many threads on one database. A subclass for each database. */
@SuppressWarnings("NullAway.Init") // By @BeforeEach.
abstract class LedgerRaceContract {
  private static final List<String> ACCOUNTS = List.of("a", "b", "c", "d");

  private TestDatabase database;

  /** A new database. */
  abstract TestDatabase database();

  @BeforeEach
  void make() {
    database = database();
  }

  @AfterEach
  void leave() {
    database.close();
  }

  @Test
  void twoServers_manyThreads_keepOneJournalThatThePureLedgerRepeats() throws Exception {
    int threads = 6;
    int each = 100;
    Map<RequestKey, Decision> answers = new ConcurrentHashMap<>();
    LedgerStore reading = database.join().store();
    try (GroupCommitWriter one = writer(database.join().store());
        GroupCommitWriter two = writer(database.join().store())) {
      List<Callable<Void>> clients = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Random random = new Random(thread);
        List<GroupCommitWriter> servers = thread % 2 == 0 ? List.of(one, two) : List.of(two, one);
        clients.add(
            () -> {
              for (int i = 0; i < each; i++) {
                Command command = Commands.any(random, ACCOUNTS);
                CompletableFuture<Decision> first = servers.get(0).submit(command);
                // Some are sent to both servers at the same time, as a hasty client might.
                if (random.nextInt(4) == 0) {
                  check(answers, command, decide(servers.get(1), command));
                }
                check(answers, command, settle(servers.get(0), command, first));
              }
              return null;
            });
      }
      runAll(clients);
    }

    List<RequestKey> keys = keysInOrder();
    assertThat(keys).doesNotHaveDuplicates().hasSameElementsAs(answers.keySet());
    List<Outcome> journal = new ArrayList<>();
    try (LedgerStore.Batch batch = reading.begin()) {
      Map<RequestKey, Outcome> outcomes = batch.outcomes(new HashSet<>(keys));
      keys.forEach(key -> journal.add(requireNonNull(outcomes.get(key))));
      ReplayedLedger replayed = ReplayedLedger.of(journal);
      assertThat(batch.head()).isEqualTo(replayed.head());
      HashSet<AccountId> ids = new HashSet<>();
      ACCOUNTS.forEach(id -> ids.add(new AccountId(id)));
      ids.add(AccountId.settlement(Commands.EUR));
      assertThat(batch.accounts(ids)).isEqualTo(replayed.accounts(ids)).isNotEmpty();
    }
    assertThat(journal)
        .allSatisfy(
            outcome ->
                assertThat(answers).containsEntry(outcome.command().key(), outcome.decision()));
  }

  @Test
  void readers_whileAServerWrites_seeWhatWasAnsweredAndNothingTorn() throws Exception {
    int deposits = 400;
    AccountId account = new AccountId("a");
    AtomicLong answered = new AtomicLong();
    AtomicBoolean done = new AtomicBoolean();
    TestDatabase.Server server = database.join();
    List<LedgerQueries> readers = List.of(server.queries(), database.join().queries());
    try (GroupCommitWriter writer = writer(server.store())) {
      answered.set(sequence(decide(writer, open("a"))));
      List<Callable<Void>> clients = new ArrayList<>();
      clients.add(
          () -> {
            try {
              for (int i = 0; i < deposits; i += 4) {
                List<CompletableFuture<Decision>> four = new ArrayList<>();
                for (int j = 0; j < 4; j++) {
                  four.add(writer.submit(deposit("a", 1)));
                }
                for (CompletableFuture<Decision> each : four) {
                  answered.set(sequence(each.get(20, TimeUnit.SECONDS)));
                }
              }
            } finally {
              done.set(true);
            }
            return null;
          });
      for (LedgerQueries queries : readers) {
        clients.add(
            () -> {
              while (!done.get()) {
                look(queries, account, answered);
              }
              return null;
            });
      }
      runAll(clients);
    }
    assertThat(answered).hasValue(deposits + 1);
    readers.forEach(queries -> look(queries, account, answered));
  }

  /** After the opening each transaction adds one cent, so a balance tells its own sequence. */
  private static void look(LedgerQueries queries, AccountId account, AtomicLong answered) {
    long atLeast = answered.get();
    BalanceAt found = requireNonNull(queries.balance(account));
    assertThat(found.sequence()).isGreaterThanOrEqualTo(atLeast);
    assertThat(found.balance().balance()).isEqualTo(found.sequence() - 1);
    long last = queries.sequence();
    assertThat(last).isGreaterThanOrEqualTo(found.sequence());
    Transaction transaction = requireNonNull(queries.transaction(last));
    assertThat(transaction.entries()).last().extracting("balance").isEqualTo(last - 1);
    assertThat(queries.balanceAt(account, last)).isEqualTo(last - 1);
    List<StatementLine> tail = queries.statement(account, last - 5, last, 10);
    assertThat(tail).last().extracting(StatementLine::balance).isEqualTo(last - 1);
    assertThat(tail).hasSize(Math.toIntExact(Math.min(5, last)));
  }

  private static GroupCommitWriter writer(LedgerStore store) {
    CommitSettings settings =
        new CommitSettings(
            1000, 20, Duration.ofMillis(10), Duration.ofHours(1), Duration.ofSeconds(30));
    GroupCommitWriter writer = new GroupCommitWriter(store, Clock.systemUTC(), settings, List.of());
    writer.start();
    return writer;
  }

  private static Decision decide(GroupCommitWriter writer, Command command) throws Exception {
    return settle(writer, command, writer.submit(command));
  }

  /** Waits for the answer and tries again as often as the store was not to be had. */
  private static Decision settle(
      GroupCommitWriter writer, Command command, CompletableFuture<Decision> first)
      throws Exception {
    CompletableFuture<Decision> answer = first;
    while (true) {
      try {
        return answer.get(60, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(StoreUnavailableException.class);
        answer = writer.submit(command);
      }
    }
  }

  private static void check(Map<RequestKey, Decision> answers, Command command, Decision decision) {
    Decision before = answers.putIfAbsent(command.key(), decision);
    assertThat(before == null ? decision : before).isEqualTo(decision);
  }

  private static long sequence(Decision decision) {
    return ((Posted) decision).transaction().sequence();
  }

  private static void runAll(List<Callable<Void>> tasks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      for (Future<Void> each : threads.invokeAll(tasks, 120, TimeUnit.SECONDS)) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** All requests that the journal knows, refusals behind the transaction that they followed. */
  private List<RequestKey> keysInOrder() throws SQLException {
    String sql =
        """
        SELECT sequence AS place, 0 AS refused, identity, request_id FROM journal_transaction
         UNION ALL
        SELECT after_sequence, 1, identity, request_id FROM journal_refusal
         ORDER BY 1, 2
        """;
    List<RequestKey> keys = new ArrayList<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        keys.add(Rows.key(row));
      }
    }
    return keys;
  }
}
