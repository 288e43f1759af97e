package dev.mbank.server.ledger;

import static dev.mbank.server.ledger.Commands.CLIENT;
import static dev.mbank.server.ledger.Commands.EUR;
import static dev.mbank.server.ledger.Commands.JPY;
import static dev.mbank.server.ledger.Commands.deposit;
import static dev.mbank.server.ledger.Commands.eur;
import static dev.mbank.server.ledger.Commands.id;
import static dev.mbank.server.ledger.Commands.jpy;
import static dev.mbank.server.ledger.Commands.open;
import static dev.mbank.server.ledger.Commands.transfer;
import static dev.mbank.server.ledger.Commands.withdraw;
import static dev.mbank.server.ledger.Refusal.ACCOUNT_ALREADY_EXISTS;
import static dev.mbank.server.ledger.Refusal.ACCOUNT_NOT_FOUND;
import static dev.mbank.server.ledger.Refusal.BALANCE_OUT_OF_RANGE;
import static dev.mbank.server.ledger.Refusal.CURRENCY_MISMATCH;
import static dev.mbank.server.ledger.Refusal.INSUFFICIENT_FUNDS;
import static dev.mbank.server.ledger.Refusal.REQUEST_ID_REUSED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.mbank.server.ledger.Decision.Refused;
import java.time.Instant;
import java.util.Currency;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which reason is given when two hold at once: there is one line for each pair that can. */
class LedgerPrecedenceTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");

  private final InMemoryLedger ledger = new InMemoryLedger();

  @BeforeEach
  void openAccounts() {
    given("rich", EUR, 100);
    given("poor", EUR, 0);
    given("full", EUR, Long.MAX_VALUE);
    given("yen", JPY, 0);
    given("yen-full", JPY, Long.MAX_VALUE);
    // No deposit of euros and no withdrawal of yen fits any more.
    ledger.set(Account.settlement(EUR), Long.MIN_VALUE);
    ledger.set(Account.settlement(JPY), Long.MAX_VALUE);
  }

  @Test
  void values_areInTheDocumentedOrder() {
    assertThat(Refusal.values())
        .containsExactly(
            REQUEST_ID_REUSED,
            ACCOUNT_ALREADY_EXISTS,
            ACCOUNT_NOT_FOUND,
            CURRENCY_MISMATCH,
            INSUFFICIENT_FUNDS,
            BALANCE_OUT_OF_RANGE);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("twoReasons")
  void decide_twoReasons_givesTheFirst(
      String reasons, Command command, Refusal refusal, String account) {
    assertThat(Ledger.decide(ledger, command, NOW))
        .as(reasons)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.refusal()).isEqualTo(refusal);
              assertThat(refused.details()).containsEntry("account_id", account);
            });
  }

  static Stream<Arguments> twoReasons() {
    return Stream.of(
        arguments(
            "source not found, destination not found",
            transfer(1, "nobody", "no-one", eur(1)),
            ACCOUNT_NOT_FOUND,
            "nobody"),
        arguments(
            "source not found, currency of destination",
            transfer(1, "nobody", "yen", eur(1)),
            ACCOUNT_NOT_FOUND,
            "nobody"),
        arguments(
            "destination not found, currency of source",
            transfer(1, "yen", "nobody", eur(1)),
            ACCOUNT_NOT_FOUND,
            "nobody"),
        arguments(
            "destination not found, funds of source",
            transfer(1, "poor", "nobody", eur(1)),
            ACCOUNT_NOT_FOUND,
            "nobody"),
        arguments(
            "source not found, range of destination",
            transfer(1, "nobody", "full", eur(1)),
            ACCOUNT_NOT_FOUND,
            "nobody"),
        arguments(
            "destination not found, range of settlement",
            deposit(1, "nobody", eur(1)),
            ACCOUNT_NOT_FOUND,
            "nobody"),
        arguments(
            "source not found, range of settlement",
            withdraw(1, "nobody", jpy(1)),
            ACCOUNT_NOT_FOUND,
            "nobody"),
        arguments(
            "currency of source, currency of destination",
            transfer(1, "yen", "yen-full", eur(1)),
            CURRENCY_MISMATCH,
            "yen"),
        arguments(
            "currency of source, funds of source",
            transfer(1, "yen", "rich", eur(1)),
            CURRENCY_MISMATCH,
            "yen"),
        arguments(
            "currency of destination, funds of source",
            transfer(1, "poor", "yen", eur(1)),
            CURRENCY_MISMATCH,
            "yen"),
        arguments(
            "currency of source, range of destination",
            transfer(1, "yen-full", "full", eur(1)),
            CURRENCY_MISMATCH,
            "yen-full"),
        arguments(
            "currency of destination, range of destination",
            transfer(1, "rich", "yen-full", eur(1)),
            CURRENCY_MISMATCH,
            "yen-full"),
        arguments(
            "currency of destination, range of settlement",
            deposit(1, "yen", eur(1)),
            CURRENCY_MISMATCH,
            "yen"),
        arguments(
            "currency of source, range of settlement",
            withdraw(1, "rich", jpy(1)),
            CURRENCY_MISMATCH,
            "rich"),
        arguments(
            "funds of source, range of destination",
            transfer(1, "poor", "full", eur(1)),
            INSUFFICIENT_FUNDS,
            "poor"),
        arguments(
            "funds of source, range of settlement",
            withdraw(1, "yen", jpy(1)),
            INSUFFICIENT_FUNDS,
            "yen"),
        arguments(
            "range of settlement as source, range of destination",
            deposit(1, "full", eur(1)),
            BALANCE_OUT_OF_RANGE,
            "settlement-eur"));
  }

  @ParameterizedTest
  @MethodSource("reasonsOfRequestOne")
  void decide_requestIdReusedAndAnotherReason_givesRequestIdReused(
      Command command, Refusal otherwise) {
    assertThat(refusal(Ledger.decide(ledger, command, NOW))).isEqualTo(otherwise);

    ledger.decide(withdraw(1, "rich", eur(7)), NOW);

    assertThat(refusal(Ledger.decide(ledger, command, NOW))).isEqualTo(REQUEST_ID_REUSED);
  }

  static Stream<Arguments> reasonsOfRequestOne() {
    return Stream.of(
        arguments(open(1, "poor", EUR), ACCOUNT_ALREADY_EXISTS),
        arguments(withdraw(1, "nobody", eur(1)), ACCOUNT_NOT_FOUND),
        arguments(withdraw(1, "yen", eur(1)), CURRENCY_MISMATCH),
        arguments(withdraw(1, "poor", eur(1)), INSUFFICIENT_FUNDS),
        arguments(transfer(1, "rich", "full", eur(1)), BALANCE_OUT_OF_RANGE));
  }

  private void given(String account, Currency currency, long balance) {
    ledger.set(new Account(id(account), CLIENT, currency, "", NOW), balance);
  }

  private static Refusal refusal(Decision decision) {
    assertThat(decision).isInstanceOf(Refused.class);
    return ((Refused) decision).refusal();
  }
}
