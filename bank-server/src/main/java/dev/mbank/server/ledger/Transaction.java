package dev.mbank.server.ledger;

import java.time.Instant;
import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
    Set<AccountId> accounts = new HashSet<>();
    for (Entry entry : entries) {
      sum = Math.addExact(sum, entry.amount());
      if (!accounts.add(entry.account())) {
        throw new IllegalArgumentException(
            "entries: two of " + entry.account() + " (expected: one an account)");
      }
    }
    if (sum != 0) {
      throw new IllegalArgumentException("entries: sum is " + sum + " (expected: 0)");
    }
  }
}
