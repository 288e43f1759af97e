package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.ALICE;
import static dev.mbank.server.commit.Commands.BOB;
import static dev.mbank.server.commit.Commands.EUR;
import static dev.mbank.server.commit.Commands.JPY;
import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.key;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.Commands.transfer;
import static dev.mbank.server.commit.Commands.withdraw;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.mbank.server.commit.JournalHead;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.LedgerStore.Batch;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Money;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.Refusal;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.TransactionKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The write side of every store. A subclass for each database. */
@SuppressWarnings("NullAway.Init") // By @BeforeEach.
abstract class LedgerStoreContract {
  private TestDatabase database;
  private LedgerStore store;
  private TestLedger ledger;

  /** A new database. */
  abstract TestDatabase database();

  @BeforeEach
  void join() {
    database = database();
    store = database.join().store();
    ledger = new TestLedger(store);
  }

  @AfterEach
  void leave() {
    database.close();
  }

  @Test
  void begin_emptyDatabase_hasNothing() {
    try (Batch batch = store.begin()) {
      assertThat(batch.head()).isEqualTo(new JournalHead(0, Instant.EPOCH));
      assertThat(batch.outcomes(Set.of(key(ALICE)))).isEmpty();
      assertThat(batch.accounts(ids("a", "settlement-eur"))).isEmpty();
    }
  }

  @Test
  void append_everyKindAndRefusal_readsBackEqualAlsoWhenReopened() {
    List<Outcome> outcomes = ledger.append(NOON, everything());
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.decision() instanceof Refused)
        .extracting(outcome -> ((Refused) outcome.decision()).refusal())
        .containsAll(EnumSet.complementOf(EnumSet.of(Refusal.REQUEST_ID_REUSED)));
    assertThat(ledger.transactions())
        .extracting(transaction -> transaction.kind())
        .contains(TransactionKind.values());
    assertSame(store);

    database.close();
    assertSame(database.join().store());
  }

  /** Each command on its own makes the same journal as all in one batch. */
  @Test
  void append_oneByOne_readsBackEqual() {
    List<Command> commands = everything();
    for (int i = 0; i < commands.size(); i++) {
      ledger.append(NOON.plusNanos(i * 1_000L), commands.get(i));
    }
    assertSame(store);
  }

  private static List<Command> everything() {
    AccountId a = new AccountId("a");
    AccountId y = new AccountId("y");
    Money euro = new Money(EUR, 100);
    return List.of(
        open("a"),
        open("b"),
        new CreateAccount(key(BOB), y, JPY, ""),
        deposit("a", 10_000),
        withdraw("a", 250),
        transfer("a", "b", 1),
        new Deposit(key(BOB), y, new Money(JPY, 7), ""),
        new CreateAccount(key(BOB), a, JPY, "Mine"),
        deposit("nobody", 5),
        withdraw("nobody", 5),
        transfer("nobody", "a", 5),
        transfer("a", "nobody", 5),
        new Deposit(key(BOB), y, euro, "wrong"),
        new Withdraw(key(BOB), y, euro, "wrong"),
        new Transfer(key(BOB), a, y, euro, "wrong"),
        withdraw("a", 1_000_000),
        transfer("b", "a", 2),
        deposit("a", Long.MAX_VALUE),
        transfer("a", "b", 9_749));
  }

  @Test
  void append_extremeAmounts_readsBackEqual() {
    ledger.append(NOON, open("a"), open("b"), open("c"), deposit("a", Long.MAX_VALUE));
    ledger.append(
        NOON,
        deposit("b", 1), // drives the settlement account to the least long
        deposit("b", 1), // and no further
        transfer("b", "a", 1),
        transfer("a", "c", Long.MAX_VALUE));
    assertSame(store);
    try (Batch batch = store.begin()) {
      assertThat(batch.accounts(ids("settlement-eur", "c")))
          .extractingFromEntries(entry -> entry.getValue().balance())
          .containsExactlyInAnyOrder(Long.MIN_VALUE, Long.MAX_VALUE);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        " spaces around ",
        "O'Brien; DROP TABLE journal_entry; --",
        "\"double\" and \\back\\slash\\",
        // But U+0000, which PostgreSQL cannot keep; the edge lets no control character in.
        "line\nfeed\rreturn\ttab\u0001\u001b[31m\u007f\u0085",
        "Ünïcödé ß ẞ ı İ",
        "日本語 العربية עברית \u202e reversed",
        "👩‍👩‍👧 🏦 \ud83d\udcb6",
        "\u2028\u2029\ufeff\ufffe\uffff",
        "e\u0301 is not \u00e9",
        "[1, 2]",
        "{\"a\": null}",
        "null",
        "true",
        "123",
        "1e400",
        "-0.0",
        "?1 :a @b $c %s {0}",
      })
  void append_anyText_readsBackEqual(String text) {
    ledger.append(NOON, new CreateAccount(key(ALICE), new AccountId("a"), EUR, text));
    RequestKey odd = key(new Identity("id" + text));
    AccountId id = new AccountId("123");
    ledger.append(NOON, new CreateAccount(odd, id, EUR, text));
    Money euro = new Money(EUR, 100);
    ledger.append(NOON, new Deposit(key(ALICE), new AccountId("a"), euro, text));
    ledger.append(NOON, new Withdraw(key(ALICE), new AccountId("none"), euro, text));
    assertSame(store);
  }

  @Test
  void append_longText_readsBackEqual() {
    String text = "ab\"ü👩".repeat(50_000);
    ledger.append(NOON, new CreateAccount(key(ALICE), new AccountId("a"), EUR, text));
    assertSame(store);
  }

  @Test
  void append_bigBatch_readsBackEqual() {
    List<Command> commands = new ArrayList<>(List.of(open("a"), open("b")));
    while (commands.size() < 2000) {
      commands.add(deposit("a", 3));
      commands.add(transfer("a", "b", 2));
      commands.add(withdraw("b", 3));
    }
    ledger.append(NOON, commands);
    assertSame(store);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.000001Z",
        "2026-02-28T23:59:59.999999Z",
        "2028-02-29T12:00:00.000001Z",
        "9999-12-31T23:59:59.999999Z",
      })
  void append_commitTime_readsBackToTheMicrosecond(Instant time) {
    ledger.append(time, open("a"), deposit("a", 1));
    assertSame(store);
  }

  @Test
  void append_nothing_changesNothing() {
    ledger.append(NOON, open("a"));
    ledger.append(NOON.plusSeconds(1), List.of());
    assertSame(store);
  }

  @Test
  void append_refusalsOnly_leavesTheHead() {
    ledger.append(NOON, open("a"));
    ledger.append(NOON.plusSeconds(1), withdraw("a", 1));
    assertSame(store);
    try (Batch batch = store.begin()) {
      assertThat(batch.head()).isEqualTo(new JournalHead(1, NOON));
    }
  }

  @Test
  void append_sameRequestTwice_throwsAndAppliesNothing() {
    Command opening = open("a");
    ledger.append(NOON, opening);
    TestLedger forgetful = new TestLedger(store);
    assertThatExceptionOfType(StoreUnavailableException.class)
        .isThrownBy(() -> forgetful.append(NOON, open("b"), opening));
    assertSame(store);
  }

  @Test
  void close_withoutCommit_leavesNothing() {
    ledger.append(NOON, open("a"), deposit("a", 100));
    TestLedger lost = new TestLedger(store);
    List<Outcome> outcomes =
        lost.decide(NOON, List.of(open("x"), open("b"), open("c"), withdraw("c", 1)));
    try (Batch batch = store.begin()) {
      batch.append(outcomes.subList(2, 4));
      assertThat(batch.head().sequence()).isEqualTo(3);
    }
    assertSame(store);
    assertThat(database.join().queries().sequence()).isEqualTo(2);
    try (Batch batch = store.begin()) {
      assertThat(batch.outcomes(lost.outcomes().keySet())).isEmpty();
      assertThat(batch.accounts(ids("c"))).isEmpty();
    }
    ledger.append(NOON, withdraw("a", 100));
    assertSame(store);
  }

  @Test
  void postedSince_anotherServersTransactions_areThereInOrder() {
    List<Outcome> ours = ledger.append(NOON, open("a"), withdraw("a", 1), deposit("a", 5));
    assertPosted(store, 2, List.of());
    TestLedger other = new TestLedger(database.join().store());
    ours.forEach(other.expected::apply);
    List<Outcome> theirs = other.append(NOON, deposit("a", 1), withdraw("b", 1), open("b"));

    assertPosted(store, 2, List.of(theirs.get(0), theirs.get(2)));
    assertPosted(store, 4, List.of());
    assertPosted(store, 5, null);
  }

  /** It may have been taken because the database failed over, to one that lacks the end. */
  @Test
  void postedSince_newConnection_isUnknown() {
    ledger.append(NOON, open("a"));
    assertPosted(database.join().store(), 1, null);
  }

  /** Fewer only if they were indexed meanwhile. */
  private static void assertPosted(
      LedgerStore store, long sequence, @Nullable List<Outcome> expected) {
    try (Batch batch = store.begin()) {
      List<Outcome> posted = batch.postedSince(sequence);
      if (posted != null || expected == null) {
        assertThat(posted).isEqualTo(expected);
      }
    }
  }

  @Test
  void outcomes_otherIdentityOrUnknown_areAbsent() {
    Command opening = open("a");
    Command refused = withdraw("b", 1);
    ledger.append(NOON, opening, refused);
    try (Batch batch = store.begin()) {
      Set<RequestKey> others =
          Set.of(
              new RequestKey(BOB, opening.key().requestId()),
              new RequestKey(BOB, refused.key().requestId()),
              new RequestKey(new Identity(ALICE.name() + " "), opening.key().requestId()),
              key(ALICE));
      assertThat(batch.outcomes(others)).isEmpty();
      assertThat(batch.outcomes(Set.of(opening.key(), key(ALICE)))).containsOnlyKeys(opening.key());
      assertThat(batch.outcomes(Set.of())).isEmpty();
    }
  }

  @Test
  void accounts_clientsAndSettlement_areThoseWithEntries() {
    ledger.append(NOON, open("a"), deposit("a", 100), open("empty"));
    try (Batch batch = store.begin()) {
      Account a = new Account(new AccountId("a"), ALICE, EUR, "Account a", NOON);
      Account empty = new Account(new AccountId("empty"), ALICE, EUR, "Account empty", NOON);
      assertThat(
              batch.accounts(
                  ids("a", "empty", "nobody", "settlement-eur", "settlement-jpy", "settlement-x")))
          .containsOnly(
              Map.entry(a.id(), new AccountBalance(a, 100)),
              Map.entry(empty.id(), new AccountBalance(empty, 0)),
              Map.entry(
                  AccountId.settlement(EUR), new AccountBalance(Account.settlement(EUR), -100)));
      assertThat(batch.accounts(Set.of())).isEmpty();
    }
  }

  @Test
  void begin_whileAnotherServerHoldsTheHead_waitsAndSeesWhatItDid() throws Exception {
    LedgerStore other = database.join().store();
    CompletableFuture<JournalHead> seen;
    try (Batch batch = store.begin()) {
      seen =
          CompletableFuture.supplyAsync(
              () -> {
                try (Batch theirs = other.begin()) {
                  return theirs.head();
                }
              });
      batch.append(ledger.decide(NOON, List.of(open("a"))));
      assertThat(seen).isNotDone();
      batch.commit();
    }
    assertThat(seen.get(10, TimeUnit.SECONDS)).isEqualTo(new JournalHead(1, NOON));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void journal_changedByHand_refuses(String sql) throws SQLException {
    ledger.append(NOON, everything());
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> statement.executeUpdate(sql))
          .withMessageContaining("the journal is only ever added to");
    }
    assertSame(store);
  }

  static List<String> changes() {
    return List.of(
        "UPDATE journal_transaction SET description = 'x' WHERE sequence = 1",
        "UPDATE journal_refusal SET details = '{}'",
        "DELETE FROM journal_transaction WHERE sequence = 1",
        "DELETE FROM journal_refusal");
  }

  /** Asserts that a store gives back all that was decided, and the balances that follow. */
  private void assertSame(LedgerStore store) {
    Map<RequestKey, Outcome> expected = ledger.outcomes();
    Set<AccountId> accounts = ids("a", "b", "c", "y", "123", "settlement-eur", "settlement-jpy");
    try (Batch batch = store.begin()) {
      assertThat(batch.head()).isEqualTo(ledger.expected.head());
      Map<RequestKey, Outcome> found = batch.outcomes(expected.keySet());
      assertThat(found).isEqualTo(expected);
      assertThat(found.toString()).hasSameSizeAs(expected.toString());
      assertThat(batch.accounts(accounts)).isEqualTo(ledger.expected.accounts(accounts));
    }
  }

  private static Set<AccountId> ids(String... ids) {
    Set<AccountId> set = new HashSet<>();
    for (String id : ids) {
      set.add(new AccountId(id));
    }
    return set;
  }
}
