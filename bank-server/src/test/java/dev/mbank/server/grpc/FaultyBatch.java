package dev.mbank.server.grpc;

import dev.mbank.server.commit.JournalHead;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A batch that lets something go wrong before it appends, and before it commits. */
final class FaultyBatch implements LedgerStore.Batch {
  private final LedgerStore.Batch batch;
  private final Runnable beforeAppend;
  private final Runnable beforeCommit;

  FaultyBatch(LedgerStore.Batch batch, Runnable beforeAppend, Runnable beforeCommit) {
    this.batch = batch;
    this.beforeAppend = beforeAppend;
    this.beforeCommit = beforeCommit;
  }

  @Override
  public JournalHead head() {
    return batch.head();
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
    beforeAppend.run();
    batch.append(outcomes);
  }

  @Override
  public void commit() {
    beforeCommit.run();
    batch.commit();
  }

  @Override
  public void close() {
    batch.close();
  }
}
