package dev.mbank.server.ledger;

import static dev.mbank.server.ledger.Commands.BHD;
import static dev.mbank.server.ledger.Commands.EUR;
import static dev.mbank.server.ledger.Commands.JPY;
import static dev.mbank.server.ledger.Commands.STRANGER;
import static dev.mbank.server.ledger.Commands.id;
import static dev.mbank.server.ledger.Commands.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.mbank.server.ledger.Decision.Refused;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the values of the ledger accept, refuse and say. */
class ValuesTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");
  private static final String LONGEST = "a".repeat(63);

  @Nested
  class AccountIds {
    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "a-", "alice-2", "settlement", "settlement-eur"})
    void accountId_matchingPattern_isAccepted(String value) {
      assertThat(new AccountId(value)).hasToString(value);
    }

    @Test
    void accountId_of63Characters_isTheLongest() {
      assertThat(new AccountId(LONGEST).value()).hasSize(63);
      assertRefusedNaming(() -> new AccountId(LONGEST + "a"), LONGEST + "a", AccountId.PATTERN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "Alice", "a_b", "a b", "a.b", "a/b", "é", "a\n", "\na", "١"})
    void accountId_notMatchingPattern_isRefused(String value) {
      assertRefusedNaming(() -> new AccountId(value), value, "[a-z0-9][a-z0-9-]{0,62}");
    }

    @Test
    void settlement_ofCurrency_bearsItsCodeInLowerCase() {
      assertThat(AccountId.settlement(EUR)).isEqualTo(id("settlement-eur"));
      assertThat(AccountId.settlement(JPY)).isEqualTo(id("settlement-jpy"));
    }

    @Test
    void isSettlement_onlyWithPrefix() {
      assertThat(AccountId.settlement(EUR).isSettlement()).isTrue();
      assertThat(id("settlement-").isSettlement()).isTrue();
      assertThat(id("settlement").isSettlement()).isFalse();
      assertThat(id("my-settlement-eur").isSettlement()).isFalse();
    }

    @Test
    void settlementCurrency_ofSettlementAccount_isItsCurrency() {
      assertThat(AccountId.settlement(BHD).settlementCurrency()).isEqualTo(BHD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "eur", "settlement-", "settlement-zzz", "settlement-xau"})
    void settlementCurrency_ofAnyOtherAccount_isNull(String value) {
      assertThat(id(value).settlementCurrency()).isNull();
    }

    @Test
    void derivedFrom_sameKey_isStableAcrossVersions() {
      // A retry after an upgrade must name the same account: this value never changes.
      assertThat(AccountId.derivedFrom(key(1)))
          .isEqualTo(id("4c442ed1-fc18-39cc-8f59-f06f80fa1c0c"));
    }

    @Test
    void derivedFrom_anyKey_isAClientsAccount() {
      assertThat(AccountId.derivedFrom(key(1)).value()).matches(AccountId.PATTERN);
      assertThat(AccountId.derivedFrom(key(1)).isSettlement()).isFalse();
    }

    @Test
    void derivedFrom_otherRequestOrIdentity_isAnotherAccount() {
      assertThat(Stream.of(key(1), key(2), key(STRANGER, 1), key(STRANGER, 2)))
          .extracting(AccountId::derivedFrom)
          .doesNotHaveDuplicates();
    }
  }

  @Nested
  class Amounts {
    static Stream<Arguments> decimals() {
      return Stream.of(
          arguments(JPY, 0L, "0"),
          arguments(JPY, 1200L, "1200"),
          arguments(JPY, -5L, "-5"),
          arguments(EUR, 0L, "0.00"),
          arguments(EUR, 5L, "0.05"),
          arguments(EUR, -5L, "-0.05"),
          arguments(EUR, 123_456L, "1234.56"),
          arguments(BHD, 1L, "0.001"),
          arguments(BHD, -1_234_567L, "-1234.567"),
          arguments(JPY, Long.MIN_VALUE, "-9223372036854775808"),
          arguments(EUR, Long.MIN_VALUE, "-92233720368547758.08"),
          arguments(EUR, Long.MAX_VALUE, "92233720368547758.07"),
          arguments(BHD, Long.MIN_VALUE, "-9223372036854775.808"));
    }

    @ParameterizedTest
    @MethodSource("decimals")
    void toDecimal_placesThePointByTheCurrency(Currency currency, long minorUnits, String decimal) {
      assertThat(new Money(currency, minorUnits).toDecimal()).isEqualTo(decimal);
    }

    @Test
    void money_ofCurrencyWithoutMinorUnits_isRefused() {
      assertRefusedNaming(
          () -> new Money(Currency.getInstance("XAU"), 1),
          "XAU",
          "a currency that has minor units");
    }
  }

  @Nested
  class Transactions {
    @ParameterizedTest
    @ValueSource(longs = {1, -1, Long.MAX_VALUE, Long.MIN_VALUE})
    void transaction_entriesNotSummingToZero_isRefused(long amount) {
      assertRefusedNaming(
          () -> transaction(List.of(new Entry(id("alice"), amount, 0))), "" + amount, "0");
    }

    @Test
    void transaction_entriesSummingToZeroOnlyByOverflow_isRefused() {
      List<Entry> entries =
          List.of(
              new Entry(id("alice"), Long.MIN_VALUE, 0), new Entry(id("bob"), Long.MIN_VALUE, 0));

      assertThatThrownBy(() -> transaction(entries)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void transaction_twoEntriesOfOneAccount_isRefused() {
      List<Entry> entries = List.of(new Entry(id("alice"), -1, 0), new Entry(id("alice"), 1, 1));

      assertThatThrownBy(() -> transaction(entries))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("entries: two of alice (expected: one an account)");
    }

    @Test
    void transaction_sequenceBelowOne_isRefused() {
      assertThatThrownBy(
              () -> new Transaction(0, NOW, key(1), TransactionKind.TRANSFER, EUR, List.of(), ""))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("sequence: 0 (expected: 1 or more)");
    }

    @Test
    void transaction_severalEntriesSummingToZero_isAccepted() {
      List<Entry> entries =
          List.of(
              new Entry(id("alice"), -3, 0),
              new Entry(id("bob"), 1, 0),
              new Entry(id("carol"), 2, 0));

      assertThat(transaction(entries).entries()).isEqualTo(entries);
    }

    @Test
    void transaction_listChangedAfterwards_keepsItsEntries() {
      List<Entry> entries = new ArrayList<>(List.of(new Entry(id("alice"), 0, 0)));
      Transaction transaction = transaction(entries);

      entries.clear();

      assertThat(transaction.entries()).hasSize(1);
    }

    @Test
    void refused_mapChangedAfterwards_keepsItsDetailsSorted() {
      Map<String, String> details = new HashMap<>(Map.of("b", "2", "a", "1", "c", "3"));
      Refused refused = new Refused(Refusal.ACCOUNT_NOT_FOUND, details);

      details.clear();

      assertThat(refused.details().keySet()).containsExactly("a", "b", "c");
    }

    private static Transaction transaction(List<Entry> entries) {
      return new Transaction(1, NOW, key(1), TransactionKind.TRANSFER, EUR, entries, "");
    }
  }

  @Nested
  class Accounts {
    @Test
    void settlement_ofCurrency_belongsToTheBankFromTheStart() {
      assertThat(Account.settlement(EUR))
          .isEqualTo(
              new Account(
                  id("settlement-eur"), Identity.BANK, EUR, "Settlement EUR", Instant.EPOCH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n"})
    void identity_blank_isRefused(String name) {
      assertRefusedNaming(() -> new Identity(name), "blank", "a name");
    }
  }

  static void assertRefusedNaming(ThrowingCallable act, String value, String expected) {
    assertThatIllegalArgumentException()
        .isThrownBy(act)
        .withMessageContaining(value)
        .withMessageEndingWith("(expected: " + expected + ")");
  }
}
