package dev.mbank.server.store;

import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Transaction;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Follows a journal row by row and finds the first that cannot come next: numbers have no gaps,
 * time does not go back, and each balance is the one before and the amount. It keeps the balance of
 * every account.
 */
final class SoundJournal {
  private final Map<AccountId, Long> balances = new HashMap<>();
  private Position end = Position.START;
  private Instant commitTime = Instant.EPOCH;

  /** The place behind the last row. */
  Position end() {
    return end;
  }

  /** Of the last transaction. */
  Instant commitTime() {
    return commitTime;
  }

  /**
   * Takes the next row.
   *
   * @return what is wrong with it, or null
   */
  @Nullable String add(JournalRow row) {
    if (row.outcome().decision() instanceof Posted posted) {
      return add(posted.transaction());
    }
    if (row.number() != end.refusals() + 1) {
      return "refusal " + (end.refusals() + 1) + " is missing";
    }
    if (row.afterSequence() != end.sequence()) {
      return row.name() + " is behind transaction " + row.afterSequence();
    }
    end = new Position(end.sequence(), row.number());
    return null;
  }

  private @Nullable String add(Transaction transaction) {
    long sequence = transaction.sequence();
    if (sequence != end.sequence() + 1) {
      return "transaction " + (end.sequence() + 1) + " is missing";
    }
    if (transaction.commitTime().isBefore(commitTime)) {
      return "transaction " + sequence + " is earlier than the one before";
    }
    for (Entry entry : transaction.entries()) {
      long before = balances.getOrDefault(entry.account(), 0L);
      BigInteger expected = BigInteger.valueOf(before).add(BigInteger.valueOf(entry.amount()));
      if (!expected.equals(BigInteger.valueOf(entry.balance()))) {
        return "after transaction %d the balance of %s is %d and not %d"
            .formatted(sequence, entry.account(), entry.balance(), expected);
      }
      balances.put(entry.account(), entry.balance());
    }
    end = new Position(sequence, end.refusals());
    commitTime = transaction.commitTime();
    return null;
  }
}
