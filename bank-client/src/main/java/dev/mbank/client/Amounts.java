package dev.mbank.client;

import com.google.type.Money;
import java.math.BigDecimal;
import java.util.Currency;

/** Amounts as people write them, to and from {@link Money}: exact, never rounded. */
final class Amounts {
  private static final int NANO_DIGITS = 9;

  private Amounts() {}

  /**
   * The amount that a decimal text says.
   *
   * @throws ArithmeticException if it is finer than {@link Money} or too large for it
   * @throws NumberFormatException if it is no decimal number
   */
  static Money money(String currencyCode, String decimal) {
    return money(currencyCode, new BigDecimal(decimal));
  }

  static Money money(String currencyCode, BigDecimal amount) {
    BigDecimal units = new BigDecimal(amount.toBigInteger());
    return Money.newBuilder()
        .setCurrencyCode(currencyCode)
        .setUnits(units.longValueExact())
        .setNanos(amount.subtract(units).movePointRight(NANO_DIGITS).intValueExact())
        .build();
  }

  /** The amount with its currency's digits, and more only where it has more. */
  static BigDecimal decimal(Money money) {
    BigDecimal exact =
        BigDecimal.valueOf(money.getUnits())
            .add(BigDecimal.valueOf(money.getNanos(), NANO_DIGITS))
            .stripTrailingZeros();
    int digits = fractionDigits(money.getCurrencyCode());
    return exact.scale() < digits ? exact.setScale(digits) : exact;
  }

  /** The number alone, as in {@code -0.05}. */
  static String number(Money money) {
    return decimal(money).toPlainString();
  }

  /** The number with its sign, as in {@code +100.00}. */
  static String signedNumber(Money money) {
    return (decimal(money).signum() > 0 ? "+" : "") + number(money);
  }

  /** The number and its currency, as in {@code 100.00 EUR}. */
  static String text(Money money) {
    return number(money) + " " + money.getCurrencyCode();
  }

  /** None for a currency that this Java does not know: it may be newer than that. */
  private static int fractionDigits(String currencyCode) {
    try {
      return Math.max(0, Currency.getInstance(currencyCode).getDefaultFractionDigits());
    } catch (IllegalArgumentException e) {
      return 0;
    }
  }
}
