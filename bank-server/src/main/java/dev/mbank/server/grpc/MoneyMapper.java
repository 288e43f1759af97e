package dev.mbank.server.grpc;

import dev.mbank.server.ledger.Money;
import java.util.Currency;

/** Between google.type.Money and exact minor units. Nothing is ever rounded. */
final class MoneyMapper {
  /** Decimal digits of google.type.Money's nanos. */
  private static final int NANO_DIGITS = 9;

  private static final int MAX_NANOS = 999_999_999;
  private static final long[] POWERS_OF_TEN = {
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
  };

  private MoneyMapper() {}

  /**
   * Reads an amount of more than zero.
   *
   * @param field the amount's name in the contract
   */
  static Money positive(com.google.type.Money amount, String field) {
    Currency currency = currency(amount.getCurrencyCode(), field + ".currency_code");
    long units = amount.getUnits();
    int nanos = amount.getNanos();
    int digits = currency.getDefaultFractionDigits();
    long nanosPerMinorUnit = POWERS_OF_TEN[NANO_DIGITS - digits];
    if (nanos < -MAX_NANOS || nanos > MAX_NANOS) {
      throw new InvalidFieldException(
          field + ".nanos", nanos, "-" + MAX_NANOS + " to " + MAX_NANOS);
    }
    if ((units > 0 && nanos < 0) || (units < 0 && nanos > 0)) {
      throw new InvalidFieldException(field + ".nanos", nanos, "the sign of units, " + units);
    }
    if (nanos % nanosPerMinorUnit != 0) {
      throw new InvalidFieldException(
          field + ".nanos", nanos, "no more than " + digits + " decimals, as " + currency + " has");
    }
    long minorUnits;
    try {
      minorUnits =
          Math.addExact(
              Math.multiplyExact(units, POWERS_OF_TEN[digits]), nanos / nanosPerMinorUnit);
    } catch (ArithmeticException e) {
      throw new InvalidFieldException(field + ".units", units, "minor units that fit 64 bits");
    }
    if (minorUnits <= 0) {
      String value = new Money(currency, minorUnits).toDecimal();
      throw new InvalidFieldException(field, value, "more than zero");
    }
    return new Money(currency, minorUnits);
  }

  /** Reads the code of a currency that has minor units. */
  static Currency currency(String code, String field) {
    try {
      Currency currency = Currency.getInstance(code);
      if (currency.getDefaultFractionDigits() >= 0) {
        return currency;
      }
    } catch (IllegalArgumentException e) {
      // Not a code: told below.
    }
    throw new InvalidFieldException(
        field, code, "the ISO 4217 code of a currency with minor units, such as EUR");
  }

  static com.google.type.Money toProto(Currency currency, long minorUnits) {
    int digits = currency.getDefaultFractionDigits();
    long scale = POWERS_OF_TEN[digits];
    return com.google.type.Money.newBuilder()
        .setCurrencyCode(currency.getCurrencyCode())
        .setUnits(minorUnits / scale)
        .setNanos(Math.toIntExact(minorUnits % scale * POWERS_OF_TEN[NANO_DIGITS - digits]))
        .build();
  }
}
