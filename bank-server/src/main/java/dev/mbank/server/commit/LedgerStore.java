package dev.mbank.server.commit;

import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The write side of the journal. Any method may throw {@link StoreUnavailableException}: then
 * nothing of the batch was done. Used by one thread at a time.
 */
public interface LedgerStore {

  /** Opens a database transaction and takes the journal head for it alone. */
  Batch begin();

  /** One database transaction. Closing it undoes what was not committed. */
  interface Batch extends AutoCloseable {

    /** Where the journal ends; nobody moves it while this batch is open. */
    JournalHead head();

    /**
     * What anybody has posted behind a sequence that this store was at, in order; null if that is
     * not at hand, or if the journal may be another than it was when this was asked before, since
     * the database may have failed over, in whichever batch that came to light.
     */
    @Nullable List<Outcome> postedSince(long sequence);

    /** The outcomes of those keys that were decided before. */
    Map<RequestKey, Outcome> outcomes(Set<RequestKey> keys);

    /** Those accounts that have been opened or have entries, and what is on them. */
    Map<AccountId, AccountBalance> accounts(Set<AccountId> ids);

    /**
     * Adds outcomes in the order in which they were decided, refusals too, and moves the head.
     * Without outcomes the journal stays as it is, but as much is written as some outcomes would:
     * so committing that shows whether the store can write.
     */
    void append(List<Outcome> outcomes);

    /**
     * Makes all that was appended durable. When this returns it survives a crash and a power loss.
     *
     * @throws OutcomeUnknownException if it failed in a way that leaves open whether it was done
     */
    void commit();

    @Override
    void close();
  }
}
