package dev.mbank.server.ledger;

import static dev.mbank.server.ledger.Commands.CLIENT;
import static dev.mbank.server.ledger.Commands.EUR;
import static dev.mbank.server.ledger.Commands.JPY;
import static dev.mbank.server.ledger.Commands.deposit;
import static dev.mbank.server.ledger.Commands.eur;
import static dev.mbank.server.ledger.Commands.id;
import static dev.mbank.server.ledger.Commands.jpy;
import static dev.mbank.server.ledger.Commands.key;
import static dev.mbank.server.ledger.Commands.open;
import static dev.mbank.server.ledger.Commands.transfer;
import static dev.mbank.server.ledger.Commands.withdraw;
import static dev.mbank.server.ledger.Refusal.ACCOUNT_ALREADY_EXISTS;
import static dev.mbank.server.ledger.Refusal.ACCOUNT_NOT_FOUND;
import static dev.mbank.server.ledger.Refusal.BALANCE_OUT_OF_RANGE;
import static dev.mbank.server.ledger.Refusal.CURRENCY_MISMATCH;
import static dev.mbank.server.ledger.Refusal.INSUFFICIENT_FUNDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import java.time.Instant;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each command does, and each refusal with its details. */
class LedgerTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");

  private final InMemoryLedger ledger = new InMemoryLedger();

  @Test
  void decide_createAccount_postsOneEntryOfZero() {
    Decision decision = decide(new CreateAccount(key(1), id("alice"), EUR, "Alice"));

    assertThat(decision)
        .isEqualTo(
            new Posted(
                new Transaction(
                    1,
                    NOW,
                    key(1),
                    TransactionKind.ACCOUNT_OPENING,
                    EUR,
                    List.of(new Entry(id("alice"), 0, 0)),
                    "Alice")));
  }

  @Test
  void decide_depositOnFreshLedger_debitsTheSettlementAccount() {
    given("alice", EUR, 20);

    Decision decision = decide(new Deposit(key(1), id("alice"), eur(5), "cash"));

    assertThat(decision)
        .isEqualTo(
            new Posted(
                new Transaction(
                    1,
                    NOW,
                    key(1),
                    TransactionKind.DEPOSIT,
                    EUR,
                    List.of(new Entry(id("settlement-eur"), -5, -5), new Entry(id("alice"), 5, 25)),
                    "cash")));
  }

  @Test
  void decide_withdraw_creditsTheSettlementAccount() {
    given("alice", EUR, 20);
    given(Account.settlement(EUR), -20);

    assertThat(entries(decide(withdraw(1, "alice", eur(5)))))
        .containsExactly(new Entry(id("alice"), -5, 15), new Entry(id("settlement-eur"), 5, -15));
  }

  @Test
  void decide_transfer_movesFromSourceToDestination() {
    given("alice", EUR, 20);
    given("bob", EUR, 1);

    assertThat(entries(decide(transfer(1, "alice", "bob", eur(5)))))
        .containsExactly(new Entry(id("alice"), -5, 15), new Entry(id("bob"), 5, 6));
  }

  @Test
  void decide_afterRefusal_takesTheNextSequence() {
    decide(open(1, "alice", EUR));
    decide(withdraw(2, "alice", eur(1)));

    assertThat(decide(open(3, "bob", EUR)))
        .isInstanceOfSatisfying(
            Posted.class, posted -> assertThat(posted.transaction().sequence()).isEqualTo(2));
  }

  @Test
  void decide_depositsInTwoCurrencies_keepsOneSettlementAccountForEach() {
    given("alice", EUR, 0);
    given("akira", JPY, 0);
    decide(deposit(1, "alice", eur(5)));
    decide(deposit(2, "akira", jpy(7)));

    assertThat(ledger.balances())
        .containsEntry(id("settlement-eur"), -5L)
        .containsEntry(id("settlement-jpy"), -7L);
  }

  @Test
  void decide_createAccountOfTakenId_refusesAccountAlreadyExists() {
    given("alice", EUR, 0);

    assertRefused(open(1, "alice", JPY), ACCOUNT_ALREADY_EXISTS, Map.of("account_id", "alice"));
  }

  @Test
  void decide_unknownAccount_refusesAccountNotFound() {
    given("alice", EUR, 20);

    Map<String, String> nobody = Map.of("account_id", "nobody");
    assertRefused(deposit(1, "nobody", eur(1)), ACCOUNT_NOT_FOUND, nobody);
    assertRefused(withdraw(2, "nobody", eur(1)), ACCOUNT_NOT_FOUND, nobody);
    assertRefused(transfer(3, "nobody", "alice", eur(1)), ACCOUNT_NOT_FOUND, nobody);
    assertRefused(transfer(4, "alice", "nobody", eur(1)), ACCOUNT_NOT_FOUND, nobody);
  }

  @Test
  void decide_amountOfOtherCurrency_refusesCurrencyMismatch() {
    given("alice", EUR, 20);
    given("akira", JPY, 20);

    Map<String, String> alice =
        Map.of("account_id", "alice", "account_currency", "EUR", "amount_currency", "JPY");
    assertRefused(deposit(1, "alice", jpy(1)), CURRENCY_MISMATCH, alice);
    assertRefused(withdraw(2, "alice", jpy(1)), CURRENCY_MISMATCH, alice);
    assertRefused(transfer(3, "alice", "akira", jpy(1)), CURRENCY_MISMATCH, alice);
    assertRefused(transfer(4, "akira", "alice", jpy(1)), CURRENCY_MISMATCH, alice);
  }

  @Test
  void decide_oneMinorUnitTooMuch_refusesInsufficientFunds() {
    given("alice", EUR, 99);
    given("bob", EUR, 0);

    Map<String, String> details =
        Map.of(
            "account_id", "alice",
            "currency_code", "EUR",
            "available", "0.99",
            "requested", "1.00");
    assertRefused(withdraw(1, "alice", eur(100)), INSUFFICIENT_FUNDS, details);
    assertRefused(transfer(2, "alice", "bob", eur(100)), INSUFFICIENT_FUNDS, details);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 100, Long.MAX_VALUE})
  void decide_wholeBalance_leavesZero(long balance) {
    given("alice", EUR, balance);
    given("carol", EUR, balance);
    given("bob", EUR, 0);

    assertThat(entries(decide(withdraw(1, "alice", eur(balance)))).get(0))
        .isEqualTo(new Entry(id("alice"), -balance, 0));
    assertThat(entries(decide(transfer(2, "carol", "bob", eur(balance)))))
        .containsExactly(
            new Entry(id("carol"), -balance, 0), new Entry(id("bob"), balance, balance));
  }

  @Test
  void decide_depositUpToLongMax_isPosted() {
    given("alice", EUR, 0);
    given("bob", EUR, Long.MAX_VALUE - 1);

    assertThat(entries(decide(deposit(1, "alice", eur(Long.MAX_VALUE)))).get(1).balance())
        .isEqualTo(Long.MAX_VALUE);
    assertThat(entries(decide(transfer(2, "alice", "bob", eur(1)))).get(1).balance())
        .isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void decide_aboveLongMax_refusesBalanceOutOfRange() {
    given("alice", EUR, Long.MAX_VALUE);
    given("bob", EUR, 1);

    Map<String, String> alice = Map.of("account_id", "alice");
    assertRefused(deposit(1, "alice", eur(1)), BALANCE_OUT_OF_RANGE, alice);
    assertRefused(transfer(2, "bob", "alice", eur(1)), BALANCE_OUT_OF_RANGE, alice);
  }

  @Test
  void decide_settlementDownToLongMin_isPosted() {
    given("alice", EUR, 0);
    given(Account.settlement(EUR), -1);

    assertThat(entries(decide(deposit(1, "alice", eur(Long.MAX_VALUE)))).get(0).balance())
        .isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void decide_settlementBelowLongMin_refusesBalanceOutOfRange() {
    given("alice", EUR, 0);
    given(Account.settlement(EUR), Long.MIN_VALUE);

    assertRefused(
        deposit(1, "alice", eur(1)), BALANCE_OUT_OF_RANGE, Map.of("account_id", "settlement-eur"));
  }

  @Test
  void decide_settlementAtLongMax_takesNoMore() {
    given("alice", EUR, 20);
    given(Account.settlement(EUR), Long.MAX_VALUE - 1);

    assertThat(entries(decide(withdraw(1, "alice", eur(1)))).get(1).balance())
        .isEqualTo(Long.MAX_VALUE);
    assertRefused(
        withdraw(2, "alice", eur(1)), BALANCE_OUT_OF_RANGE, Map.of("account_id", "settlement-eur"));
  }

  private void given(String account, Currency currency, long balance) {
    given(new Account(id(account), CLIENT, currency, "", NOW), balance);
  }

  private void given(Account account, long balance) {
    ledger.set(account, balance);
  }

  private Decision decide(Command command) {
    return ledger.decide(command, NOW);
  }

  private void assertRefused(Command command, Refusal refusal, Map<String, String> details) {
    assertThat(decide(command)).isEqualTo(new Refused(refusal, details));
  }

  private static List<Entry> entries(Decision decision) {
    assertThat(decision).isInstanceOf(Posted.class);
    return ((Posted) decision).transaction().entries();
  }
}
