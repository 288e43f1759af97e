package dev.mbank.server.ledger;

import org.jspecify.annotations.Nullable;

/** What a decision may know: the ledger as it stands after the last transaction. */
public interface LedgerView {

  /** The sequence of the last transaction; 0 if there is none. */
  long sequence();

  /** What became of an earlier command of this key, or null if there was none. */
  @Nullable Outcome outcome(RequestKey key);

  /** An account, or null if it was never opened or is a settlement account without entries. */
  @Nullable AccountBalance account(AccountId id);
}
