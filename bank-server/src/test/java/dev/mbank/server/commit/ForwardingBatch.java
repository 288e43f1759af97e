package dev.mbank.server.commit;

import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A batch that does what another does, but for what a test overrides. */
public abstract class ForwardingBatch implements LedgerStore.Batch {
  private final LedgerStore.Batch batch;

  protected ForwardingBatch(LedgerStore.Batch batch) {
    this.batch = batch;
  }

  @Override
  public JournalHead head() {
    return batch.head();
  }

  @Override
  public @Nullable List<Outcome> postedSince(long sequence) {
    return batch.postedSince(sequence);
  }

  @Override
  public Map<RequestKey, Outcome> outcomes(Set<RequestKey> keys) {
    return batch.outcomes(keys);
  }

  @Override
  public Map<AccountId, AccountBalance> accounts(Set<AccountId> ids) {
    return batch.accounts(ids);
  }

  @Override
  public void append(List<Outcome> outcomes) {
    batch.append(outcomes);
  }

  @Override
  public void commit() {
    batch.commit();
  }

  @Override
  public void close() {
    batch.close();
  }
}
