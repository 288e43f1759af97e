package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.type.Money;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmountsTest {
  @ParameterizedTest
  @CsvSource({
    "EUR, 100, 0, 100.00",
    "EUR, 0, 0, 0.00",
    "EUR, 0, -50000000, -0.05",
    "EUR, -1, -990000000, -1.99",
    "EUR, 9223372036854775807, 990000000, 9223372036854775807.99",
    "EUR, -9223372036854775808, -10000000, -9223372036854775808.01",
    "JPY, 1200, 0, 1200",
    "JPY, 0, 0, 0",
    "BHD, 0, 1000000, 0.001",
    "BHD, -3, -500000000, -3.500",
    "XXX, 7, 0, 7",
    "ZZZ, 7, 500000000, 7.5",
  })
  void number_ofCurrency_hasItsDigits(String currency, long units, int nanos, String text) {
    Money money =
        Money.newBuilder().setCurrencyCode(currency).setUnits(units).setNanos(nanos).build();

    assertThat(Amounts.number(money)).isEqualTo(text);
    assertThat(Amounts.money(currency, text)).isEqualTo(money);
  }

  @Test
  void number_finerThanCurrency_isNotRounded() {
    assertThat(Amounts.number(Amounts.money("EUR", "0.005"))).isEqualTo("0.005");
    assertThat(Amounts.number(Amounts.money("JPY", "-0.5"))).isEqualTo("-0.5");
  }

  @Test
  void money_finerOrLargerThanMoney_isRefused() {
    assertThatThrownBy(() -> Amounts.money("EUR", "0.0000000001"))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Amounts.money("EUR", "9223372036854775808"))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void decimal_ofAnyMinorUnits_comesBackExactly() {
    var random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      BigDecimal amount = BigDecimal.valueOf(random.nextLong(), 2);
      Money money = Amounts.money("EUR", amount);

      assertThat(Amounts.decimal(money)).isEqualTo(amount);
      assertThat(Long.signum(money.getUnits()) * Integer.signum(money.getNanos())).isNotNegative();
    }
  }

  @ParameterizedTest
  @CsvSource({"100, +100.00", "0, 0.00", "-0.05, -0.05"})
  void signedNumber_ofAmount_showsItsSign(String amount, String text) {
    assertThat(Amounts.signedNumber(Amounts.money("EUR", amount))).isEqualTo(text);
  }
}
