package dev.mbank.server.ledger;

import static dev.mbank.server.ledger.Commands.CLIENT;
import static dev.mbank.server.ledger.Commands.EUR;
import static dev.mbank.server.ledger.Commands.deposit;
import static dev.mbank.server.ledger.Commands.eur;
import static dev.mbank.server.ledger.Commands.id;
import static dev.mbank.server.ledger.Commands.open;
import static dev.mbank.server.ledger.Commands.transfer;
import static dev.mbank.server.ledger.Commands.withdraw;
import static dev.mbank.server.ledger.ValuesTest.assertRefusedNaming;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Currency;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no command may ask for. */
class CommandTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");

  static Stream<ThrowingCallable> commandsOnSettlementAccounts() {
    String bank = "settlement-eur";
    return Stream.of(
        () -> open(1, bank, EUR),
        () -> deposit(1, bank, eur(1)),
        () -> withdraw(1, bank, eur(1)),
        () -> transfer(1, bank, "alice", eur(1)),
        () -> transfer(1, "alice", bank, eur(1)));
  }

  @ParameterizedTest
  @MethodSource("commandsOnSettlementAccounts")
  void command_onSettlementAccount_isRefused(ThrowingCallable command) {
    assertRefusedNaming(command, "settlement-eur", "a client's account, not the bank's own");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void command_amountNotAboveZero_isRefused(long minorUnits) {
    Money amount = eur(minorUnits);
    for (ThrowingCallable command :
        List.<ThrowingCallable>of(
            () -> deposit(1, "alice", amount),
            () -> withdraw(1, "alice", amount),
            () -> transfer(1, "alice", "bob", amount))) {
      assertRefusedNaming(command, amount.toString(), "more than zero");
    }
  }

  @Test
  void createAccount_currencyWithoutMinorUnits_isRefused() {
    assertRefusedNaming(
        () -> open(1, "alice", Currency.getInstance("XAU")),
        "XAU",
        "a currency that has minor units");
  }

  @Test
  void transfer_toItsOwnSource_isRefused() {
    assertRefusedNaming(
        () -> transfer(1, "alice", "alice", eur(1)), "alice", "another account than the source");
  }

  @Test
  void opened_bearsTheCallerAndTheCommitTime() {
    assertThat(open(1, "alice", EUR).opened(NOW))
        .isEqualTo(new Account(id("alice"), CLIENT, EUR, "", NOW));
  }
}
