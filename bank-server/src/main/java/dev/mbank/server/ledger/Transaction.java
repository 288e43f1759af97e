package dev.mbank.server.ledger;

import java.time.Instant;
import java.util.Currency;
import java.util.List;

/**
 * A change of the ledger at its place in the journal.
 *
 * @param sequence the place: 1, 2, 3 and so on without gaps
 * @param commitTime to the microsecond; never before that of the transaction before
 * @param key the request that made it
 * @param kind what it is
 * @param currency of every entry
 * @param entries amounts sum to zero; each account at most once; who gives comes first
 * @param description the caller's words; the display name if an account was opened
 */
public record Transaction(
    long sequence,
    Instant commitTime,
    RequestKey key,
    TransactionKind kind,
    Currency currency,
    List<Entry> entries,
    String description) {

  public Transaction {
    entries = List.copyOf(entries);
    if (sequence < 1) {
      throw new IllegalArgumentException("sequence: " + sequence + " (expected: 1 or more)");
    }
    long sum = 0;
    for (int i = 0; i < entries.size(); i++) {
      AccountId account = entries.get(i).account();
      sum = Math.addExact(sum, entries.get(i).amount());
      for (int j = 0; j < i; j++) {
        if (entries.get(j).account().equals(account)) {
          throw new IllegalArgumentException(
              "entries: two of " + account + " (expected: one an account)");
        }
      }
    }
    if (sum != 0) {
      throw new IllegalArgumentException("entries: sum is " + sum + " (expected: 0)");
    }
  }
}
