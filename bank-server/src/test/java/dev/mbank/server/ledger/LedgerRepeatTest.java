package dev.mbank.server.ledger;

import static dev.mbank.server.ledger.Commands.EUR;
import static dev.mbank.server.ledger.Commands.JPY;
import static dev.mbank.server.ledger.Commands.STRANGER;
import static dev.mbank.server.ledger.Commands.deposit;
import static dev.mbank.server.ledger.Commands.eur;
import static dev.mbank.server.ledger.Commands.id;
import static dev.mbank.server.ledger.Commands.jpy;
import static dev.mbank.server.ledger.Commands.key;
import static dev.mbank.server.ledger.Commands.open;
import static dev.mbank.server.ledger.Commands.withdraw;
import static dev.mbank.server.ledger.Refusal.REQUEST_ID_REUSED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same request id again, with the same content and with another. */
class LedgerRepeatTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");
  private static final Instant LATER = NOW.plusSeconds(3600);

  private final InMemoryLedger ledger = new InMemoryLedger();

  @Test
  void decide_repeatOfPosted_returnsTheVeryDecision() {
    ledger.decide(open(1, "alice", EUR), NOW);
    Decision first = ledger.decide(deposit(2, "alice", eur(5)), NOW);
    ledger.decide(withdraw(3, "alice", eur(5)), NOW);

    assertThat(first).isInstanceOf(Posted.class);
    assertThat(ledger.decide(deposit(2, "alice", eur(5)), LATER)).isSameAs(first);
    assertThat(ledger.balances()).containsEntry(id("alice"), 0L);
  }

  @Test
  void decide_repeatOfOpening_returnsTheVeryDecisionNotAlreadyExists() {
    Decision first = ledger.decide(open(1, "alice", EUR), NOW);

    assertThat(ledger.decide(open(1, "alice", EUR), LATER)).isSameAs(first);
  }

  @Test
  void decide_repeatOfRefused_returnsTheVeryDecisionThoughItWouldPostNow() {
    ledger.decide(open(1, "alice", EUR), NOW);
    Decision first = ledger.decide(withdraw(2, "alice", eur(5)), NOW);
    ledger.decide(deposit(3, "alice", eur(5)), NOW);

    assertThat(first).isInstanceOf(Refused.class);
    assertThat(ledger.decide(withdraw(2, "alice", eur(5)), LATER)).isSameAs(first);
    assertThat(ledger.decide(withdraw(4, "alice", eur(5)), LATER)).isInstanceOf(Posted.class);
  }

  @Test
  void decide_repeatAfterReuse_stillReturnsTheFirstDecision() {
    ledger.decide(open(1, "alice", EUR), NOW);
    Decision first = ledger.decide(deposit(2, "alice", eur(5)), NOW);
    ledger.decide(deposit(2, "alice", eur(6)), NOW);

    assertThat(ledger.decide(deposit(2, "alice", eur(5)), LATER)).isSameAs(first);
  }

  @Test
  void decide_sameRequestIdOfAnotherIdentity_isAnotherRequest() {
    ledger.decide(open(1, "alice", EUR), NOW);
    ledger.decide(deposit(2, "alice", eur(5)), NOW);

    Command strangers = new Deposit(key(STRANGER, 2), id("alice"), eur(6), "");

    assertThat(ledger.decide(strangers, NOW)).isInstanceOf(Posted.class);
    assertThat(ledger.balances()).containsEntry(id("alice"), 11L);
  }

  @ParameterizedTest(name = "{1}: {2}")
  @MethodSource("reuses")
  void decide_otherContent_refusesRequestIdReusedNamingTheField(
      Command first, String field, Command second) {
    ledger.decide(first, NOW);

    Decision decision = ledger.decide(second, NOW);

    String requestId = "00000000-0000-0000-0000-000000000001";
    assertThat(decision)
        .isEqualTo(new Refused(REQUEST_ID_REUSED, Map.of("request_id", requestId, "field", field)));
  }

  static Stream<Arguments> reuses() {
    return Stream.of(reusesOfOpening(), reusesOfDeposit(), reusesOfWithdrawal(), reusesOfTransfer())
        .flatMap(reuses -> reuses);
  }

  private static Stream<Arguments> reusesOfOpening() {
    CreateAccount first = new CreateAccount(key(1), id("alice"), EUR, "Alice");
    return Stream.of(
        arguments(first, "method", deposit(1, "alice", eur(1))),
        arguments(first, "account_id", new CreateAccount(key(1), id("bob"), EUR, "Alice")),
        arguments(first, "currency_code", new CreateAccount(key(1), id("alice"), JPY, "Alice")),
        arguments(first, "display_name", new CreateAccount(key(1), id("alice"), EUR, "alice")),
        arguments(first, "account_id", new CreateAccount(key(1), id("bob"), JPY, "Bob")),
        arguments(first, "currency_code", new CreateAccount(key(1), id("alice"), JPY, "Bob")));
  }

  private static Stream<Arguments> reusesOfDeposit() {
    Deposit first = new Deposit(key(1), id("alice"), eur(5), "cash");
    return Stream.of(
        arguments(first, "method", new Withdraw(key(1), id("alice"), eur(5), "cash")),
        arguments(first, "account_id", new Deposit(key(1), id("bob"), eur(5), "cash")),
        arguments(first, "amount", new Deposit(key(1), id("alice"), eur(6), "cash")),
        arguments(first, "amount", new Deposit(key(1), id("alice"), jpy(5), "cash")),
        arguments(first, "description", new Deposit(key(1), id("alice"), eur(5), "cheque")),
        arguments(first, "account_id", new Deposit(key(1), id("bob"), eur(6), "cheque")),
        arguments(first, "amount", new Deposit(key(1), id("alice"), eur(6), "cheque")));
  }

  private static Stream<Arguments> reusesOfWithdrawal() {
    Withdraw first = new Withdraw(key(1), id("alice"), eur(5), "cash");
    return Stream.of(
        arguments(first, "method", new Transfer(key(1), id("alice"), id("bob"), eur(5), "cash")),
        arguments(first, "account_id", new Withdraw(key(1), id("bob"), eur(5), "cash")),
        arguments(first, "amount", new Withdraw(key(1), id("alice"), eur(6), "cash")),
        arguments(first, "amount", new Withdraw(key(1), id("alice"), jpy(5), "cash")),
        arguments(first, "description", new Withdraw(key(1), id("alice"), eur(5), "cheque")),
        arguments(first, "account_id", new Withdraw(key(1), id("bob"), eur(6), "cheque")),
        arguments(first, "amount", new Withdraw(key(1), id("alice"), eur(6), "cheque")));
  }

  private static Stream<Arguments> reusesOfTransfer() {
    Transfer first = transfer("alice", "bob", eur(5), "rent");
    return Stream.of(
        arguments(first, "method", open(1, "alice", EUR)),
        arguments(first, "source_account_id", transfer("carol", "bob", eur(5), "rent")),
        arguments(first, "destination_account_id", transfer("alice", "carol", eur(5), "rent")),
        arguments(first, "amount", transfer("alice", "bob", eur(6), "rent")),
        arguments(first, "amount", transfer("alice", "bob", jpy(5), "rent")),
        arguments(first, "description", transfer("alice", "bob", eur(5), "")),
        arguments(first, "source_account_id", transfer("bob", "alice", eur(5), "rent")),
        arguments(first, "destination_account_id", transfer("alice", "carol", eur(6), "")),
        arguments(first, "amount", transfer("alice", "bob", eur(6), "")));
  }

  private static Transfer transfer(
      String source, String destination, Money amount, String description) {
    return new Transfer(key(1), id(source), id(destination), amount, description);
  }
}
