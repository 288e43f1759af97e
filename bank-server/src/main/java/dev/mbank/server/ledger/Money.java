package dev.mbank.server.ledger;

import java.math.BigDecimal;
import java.util.Currency;

/**
 * An exact amount of money.
 *
 * @param currency an ISO 4217 currency that has minor units
 * @param minorUnits signed; how many of the currency's smallest units (ISO 4217 exponent, as {@link
 *     Currency#getDefaultFractionDigits()} gives it)
 */
public record Money(Currency currency, long minorUnits) {
  public Money {
    requireMinorUnits(currency);
  }

  static void requireMinorUnits(Currency currency) {
    if (currency.getDefaultFractionDigits() < 0) {
      throw new IllegalArgumentException(
          "currency: " + currency + " (expected: a currency that has minor units)");
    }
  }

  /** The amount in major units, without the currency: {@code -0.05}, {@code 1200}. */
  public String toDecimal() {
    return BigDecimal.valueOf(minorUnits, currency.getDefaultFractionDigits()).toPlainString();
  }

  @Override
  public String toString() {
    return toDecimal() + " " + currency;
  }
}
