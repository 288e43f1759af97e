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
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerQueries.BalanceAt;
import dev.mbank.server.commit.LedgerQueries.ListedAccount;
import dev.mbank.server.commit.LedgerQueries.StatementLine;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The read side of every store, on a journal of ten transactions. A subclass for each database. */
@SuppressWarnings("NullAway.Init") // By @BeforeEach.
abstract class LedgerQueriesContract {
  private static final AccountId A = new AccountId("a");
  private static final AccountId B = new AccountId("b");
  private static final AccountId BOBS = new AccountId("bobs");
  private static final AccountId NOBODY = new AccountId("nobody");
  private static final AccountId SETTLEMENT = AccountId.settlement(EUR);
  private static final AccountId UNUSED_SETTLEMENT = AccountId.settlement(JPY);
  private static final AccountId NO_SETTLEMENT = new AccountId("settlement-nope");

  private TestDatabase database;
  private LedgerQueries queries;
  private TestLedger ledger;

  /** A new database. */
  abstract TestDatabase database();

  @BeforeEach
  void join() {
    database = database();
    TestDatabase.Server server = database.join();
    queries = server.queries();
    ledger = new TestLedger(server.store());
  }

  @AfterEach
  void leave() {
    database.close();
  }

  /** Transactions 1-4 at noon, 5-7 a microsecond later, 8-10 an hour later. */
  private void fill() {
    ledger.append(NOON, open("a"), deposit("a", 1000), open("b"));
    ledger.append(NOON, withdraw("nobody", 1), new CreateAccount(key(BOB), BOBS, EUR, "Bob's"));
    ledger.append(
        NOON.plusNanos(1_000),
        withdraw("a", 100),
        transfer("a", "b", 50),
        withdraw("a", 5000),
        transfer("b", "bobs", 20));
    ledger.append(
        NOON.plusSeconds(3600), open("later"), withdraw("bobs", 20), transfer("a", "b", 850));
  }

  @Test
  void sequence_isThatOfTheLastTransaction() {
    assertThat(queries.sequence()).isZero();
    fill();
    assertThat(queries.sequence()).isEqualTo(10);
    assertThat(database.join().queries().sequence()).isEqualTo(10);
  }

  @Test
  void account_knownOrNot_isFoundOrNull() {
    fill();
    assertThat(queries.account(A)).isEqualTo(new Account(A, ALICE, EUR, "Account a", NOON));
    assertThat(queries.account(BOBS)).isEqualTo(new Account(BOBS, BOB, EUR, "Bob's", NOON));
    assertThat(queries.account(SETTLEMENT)).isEqualTo(Account.settlement(EUR));
    assertThat(queries.account(UNUSED_SETTLEMENT)).isEqualTo(Account.settlement(JPY));
    assertThat(queries.account(NOBODY)).isNull();
    assertThat(queries.account(NO_SETTLEMENT)).isNull();
  }

  @Test
  void accounts_byPages_listsClientsInOrderOfOpening() {
    assertThat(queries.accounts(null, 0, 10)).isEmpty();
    fill();
    List<ListedAccount> all = queries.accounts(null, 0, 10);
    assertThat(all)
        .extracting(one -> one.account().id().value() + one.sequence())
        .containsExactly("a1", "b3", "bobs4", "later8");
    assertThat(all)
        .allSatisfy(
            one -> assertThat(queries.account(one.account().id())).isEqualTo(one.account()));
    assertThat(queries.accounts(null, 0, 2)).isEqualTo(all.subList(0, 2));
    assertThat(queries.accounts(null, 3, 2)).isEqualTo(all.subList(2, 4));
    assertThat(queries.accounts(null, 8, 2)).isEmpty();

    assertThat(queries.accounts(ALICE, 0, 2)).containsExactly(all.get(0), all.get(1));
    assertThat(queries.accounts(ALICE, 3, 2)).containsExactly(all.get(3));
    assertThat(queries.accounts(BOB, 0, 2)).containsExactly(all.get(2));
    assertThat(queries.accounts(BOB, 4, 2)).isEmpty();
  }

  @Test
  void balance_everyAccount_isTheSumOfItsEntries() {
    fill();
    for (AccountId id : List.of(A, B, BOBS, SETTLEMENT)) {
      AccountBalance expected = requireNonNull(ledger.expected.account(id));
      assertThat(queries.balance(id)).isEqualTo(new BalanceAt(expected, 10));
    }
    assertThat(queries.balance(UNUSED_SETTLEMENT))
        .isEqualTo(new BalanceAt(new AccountBalance(Account.settlement(JPY), 0), 10));
    assertThat(queries.balance(NOBODY)).isNull();
    assertThat(queries.balance(NO_SETTLEMENT)).isNull();
  }

  @Test
  void transaction_everySequence_isWhatWasAppended() {
    fill();
    List<Transaction> transactions = ledger.transactions();
    assertThat(transactions).hasSize(10);
    for (Transaction transaction : transactions) {
      assertThat(queries.transaction(transaction.sequence())).isEqualTo(transaction);
    }
    assertThat(queries.transaction(0)).isNull();
    assertThat(queries.transaction(11)).isNull();
    assertThat(queries.transaction(-1)).isNull();
    assertThat(queries.transaction(Long.MAX_VALUE)).isNull();
  }

  @Test
  void sequenceBefore_equalCommitTimes_takesAllOrNone() {
    assertThat(queries.sequenceBefore(NOON)).isZero();
    fill();
    assertThat(queries.sequenceBefore(Instant.EPOCH)).isZero();
    assertThat(queries.sequenceBefore(NOON)).isZero();
    assertThat(queries.sequenceBefore(NOON.plusNanos(1))).isEqualTo(4);
    assertThat(queries.sequenceBefore(NOON.plusNanos(999))).isEqualTo(4);
    assertThat(queries.sequenceBefore(NOON.plusNanos(1_000))).isEqualTo(4);
    assertThat(queries.sequenceBefore(NOON.plusNanos(1_001))).isEqualTo(7);
    assertThat(queries.sequenceBefore(NOON.plusSeconds(3600))).isEqualTo(7);
    assertThat(queries.sequenceBefore(NOON.plusSeconds(3601))).isEqualTo(10);
    assertThat(queries.sequenceBefore(Instant.parse("9999-12-31T23:59:59.999999999Z")))
        .isEqualTo(10);
    assertThat(queries.sequenceBefore(Instant.parse("0001-01-01T00:00:00Z"))).isZero();
  }

  @Test
  void balanceAt_everySequence_isTheRunningSum() {
    fill();
    for (AccountId id : List.of(A, B, BOBS, SETTLEMENT, UNUSED_SETTLEMENT, NOBODY)) {
      long sum = 0;
      assertThat(queries.balanceAt(id, 0)).isZero();
      for (Transaction transaction : ledger.transactions()) {
        for (Entry entry : transaction.entries()) {
          sum += entry.account().equals(id) ? entry.amount() : 0;
        }
        assertThat(queries.balanceAt(id, transaction.sequence())).isEqualTo(sum);
      }
      assertThat(queries.balanceAt(id, Long.MAX_VALUE)).isEqualTo(sum);
    }
  }

  @Test
  void statement_rangesAndLimits_areTheEntriesBetween() {
    fill();
    for (AccountId id : List.of(A, B, BOBS, SETTLEMENT, UNUSED_SETTLEMENT, NOBODY)) {
      assertThat(queries.statement(id, 0, Long.MAX_VALUE, 100)).isEqualTo(lines(id));
    }
    List<StatementLine> lines = lines(A);
    assertThat(lines).extracting(StatementLine::sequence).containsExactly(1L, 2L, 5L, 6L, 10L);
    assertThat(queries.statement(A, 0, 10, 2)).isEqualTo(lines.subList(0, 2));
    assertThat(queries.statement(A, 2, 10, 2)).isEqualTo(lines.subList(2, 4));
    assertThat(queries.statement(A, 1, 6, 100)).isEqualTo(lines.subList(1, 4));
    assertThat(queries.statement(A, 2, 4, 100)).isEmpty();
    assertThat(queries.statement(A, 5, 5, 100)).isEmpty();
    assertThat(queries.statement(A, 6, 2, 100)).isEmpty();
    assertThat(queries.statement(A, 10, Long.MAX_VALUE, 100)).isEmpty();
  }

  private List<StatementLine> lines(AccountId id) {
    List<StatementLine> lines = new ArrayList<>();
    for (Transaction transaction : ledger.transactions()) {
      for (Entry entry : transaction.entries()) {
        if (entry.account().equals(id)) {
          lines.add(
              new StatementLine(
                  transaction.sequence(),
                  transaction.commitTime(),
                  transaction.kind(),
                  entry.amount(),
                  entry.balance(),
                  transaction.description()));
        }
      }
    }
    return lines;
  }
}
