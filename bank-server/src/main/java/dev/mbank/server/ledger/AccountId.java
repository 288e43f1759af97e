package dev.mbank.server.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Currency;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The name of an account.
 *
 * @param value matches {@value #PATTERN}
 */
public record AccountId(String value) {
  /** What an account id looks like. */
  public static final String PATTERN = "[a-z0-9][a-z0-9-]{0,62}";

  /** What the bank's own accounts begin with, and no client's may. */
  public static final String SETTLEMENT_PREFIX = "settlement-";

  private static final int MAX_LENGTH = 63;

  public AccountId {
    if (!matches(value)) {
      throw new IllegalArgumentException("account id: " + value + " (expected: " + PATTERN + ")");
    }
  }

  /** Whether a text matches {@value #PATTERN}. By hand, for each payment asks it several times. */
  public static boolean matches(String value) {
    if (value.isEmpty() || value.length() > MAX_LENGTH || value.charAt(0) == '-') {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
        return false;
      }
    }
    return true;
  }

  /** The bank's own account of a currency, the other side of deposits and withdrawals. */
  public static AccountId settlement(Currency currency) {
    return new AccountId(SETTLEMENT_PREFIX + currency.getCurrencyCode().toLowerCase(Locale.ROOT));
  }

  /**
   * The id for an account whose opener named none. It follows from the request, so that a retry
   * names the same account, and looks random, so that a slip of the pen hits no other account.
   */
  public static AccountId derivedFrom(RequestKey key) {
    String name = key.identity() + "\n" + key.requestId();
    return new AccountId(UUID.nameUUIDFromBytes(name.getBytes(UTF_8)).toString());
  }

  /** The currency whose settlement account this names, or null if it names none. */
  public @Nullable Currency settlementCurrency() {
    if (!isSettlement()) {
      return null;
    }
    try {
      String code = value.substring(SETTLEMENT_PREFIX.length()).toUpperCase(Locale.ROOT);
      Currency currency = Currency.getInstance(code);
      return currency.getDefaultFractionDigits() < 0 ? null : currency;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Whether this names one of the bank's own accounts. */
  public boolean isSettlement() {
    return value.startsWith(SETTLEMENT_PREFIX);
  }

  @Override
  public String toString() {
    return value;
  }
}
