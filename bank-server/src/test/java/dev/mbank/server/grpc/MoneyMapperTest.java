package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.money;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.ledger.Money;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.Currency;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

/** Money of the contract and minor units name the same amounts, for every currency and long. */
class MoneyMapperTest {

  @Property(tries = 2000)
  void toProto_anyAmount_isThatAmountWithOneSign(
      @ForAll("currencies") Currency currency, @ForAll long minorUnits) {
    com.google.type.Money proto = MoneyMapper.toProto(currency, minorUnits);

    BigDecimal shown =
        BigDecimal.valueOf(proto.getUnits()).add(BigDecimal.valueOf(proto.getNanos(), 9));
    BigDecimal exact = BigDecimal.valueOf(minorUnits, currency.getDefaultFractionDigits());
    assertThat(shown).isEqualByComparingTo(exact);
    assertThat(proto.getCurrencyCode()).isEqualTo(currency.getCurrencyCode());
    assertThat(Long.signum(proto.getUnits()) * Integer.signum(proto.getNanos()))
        .isGreaterThanOrEqualTo(0);
    assertThat(proto.getNanos()).isBetween(-999_999_999, 999_999_999);
  }

  @Property(tries = 2000)
  void positive_whatToProtoMakes_isTheAmountAgain(
      @ForAll("currencies") Currency currency,
      @ForAll @LongRange(min = 1, max = Long.MAX_VALUE) long minorUnits) {
    com.google.type.Money proto = MoneyMapper.toProto(currency, minorUnits);

    assertThat(MoneyMapper.positive(proto, "amount")).isEqualTo(new Money(currency, minorUnits));
  }

  @Property(tries = 500)
  void positive_whatToProtoMakesOfNoPositiveAmount_isRefused(
      @ForAll("currencies") Currency currency,
      @ForAll @LongRange(min = Long.MIN_VALUE, max = 0) long minorUnits) {
    assertRefused(MoneyMapper.toProto(currency, minorUnits), "amount");
  }

  @Provide
  Arbitrary<Currency> currencies() {
    return Arbitraries.of(
        Currency.getAvailableCurrencies().stream()
            .filter(currency -> currency.getDefaultFractionDigits() >= 0)
            .sorted(Comparator.comparing(Currency::getCurrencyCode))
            .toList());
  }

  @Example
  void positive_edgesOfTheRange_areExact() {
    assertThat(minorUnits("EUR", Long.MAX_VALUE / 100, 70_000_000)).isEqualTo(Long.MAX_VALUE);
    assertThat(minorUnits("JPY", Long.MAX_VALUE, 0)).isEqualTo(Long.MAX_VALUE);
    assertThat(minorUnits("KWD", 0, 1_000_000)).isEqualTo(1);
    assertThat(minorUnits("CLF", 0, 999_900_000)).isEqualTo(9_999);
    assertRefused(money("EUR", Long.MAX_VALUE / 100, 80_000_000), "amount.units");
    assertRefused(money("EUR", Long.MAX_VALUE / 100 + 1, 0), "amount.units");
    assertRefused(money("KWD", 0, 100_000), "amount.nanos");
  }

  @Example
  void toProto_edgesOfTheRange_areExact() {
    assertThat(MoneyMapper.toProto(Currency.getInstance("EUR"), Long.MIN_VALUE))
        .isEqualTo(money("EUR", -92_233_720_368_547_758L, -80_000_000));
    assertThat(MoneyMapper.toProto(Currency.getInstance("JPY"), Long.MIN_VALUE))
        .isEqualTo(money("JPY", Long.MIN_VALUE, 0));
    assertThat(MoneyMapper.toProto(Currency.getInstance("EUR"), -1))
        .isEqualTo(money("EUR", 0, -10_000_000));
  }

  private static long minorUnits(String currency, long units, int nanos) {
    return MoneyMapper.positive(money(currency, units, nanos), "amount").minorUnits();
  }

  private static void assertRefused(com.google.type.Money amount, String field) {
    assertThatThrownBy(() -> MoneyMapper.positive(amount, "amount"))
        .isInstanceOfSatisfying(
            InvalidFieldException.class, e -> assertThat(e.field()).isEqualTo(field));
  }
}
