package dev.mbank.server.ledger;

import java.time.Instant;
import java.util.Currency;

/**
 * An account. Nothing of it ever changes.
 *
 * @param id its name
 * @param owner who opened it
 * @param currency its only currency
 * @param displayName what people call it; may be empty
 * @param createTime when it was opened; {@link Instant#EPOCH} for a settlement account
 */
public record Account(
    AccountId id, Identity owner, Currency currency, String displayName, Instant createTime) {

  /** The bank's own account of a currency. It needs no opening: it was there from the start. */
  public static Account settlement(Currency currency) {
    String displayName = "Settlement " + currency.getCurrencyCode();
    AccountId id = AccountId.settlement(currency);
    return new Account(id, Identity.BANK, currency, displayName, Instant.EPOCH);
  }
}
