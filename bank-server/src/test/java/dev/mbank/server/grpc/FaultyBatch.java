package dev.mbank.server.grpc;

import dev.mbank.server.commit.ForwardingBatch;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.ledger.Outcome;
import java.util.List;

/** A batch that lets something go wrong before it appends, and before it commits. */
final class FaultyBatch extends ForwardingBatch {
  private final Runnable beforeAppend;
  private final Runnable beforeCommit;

  FaultyBatch(LedgerStore.Batch batch, Runnable beforeAppend, Runnable beforeCommit) {
    super(batch);
    this.beforeAppend = beforeAppend;
    this.beforeCommit = beforeCommit;
  }

  @Override
  public void append(List<Outcome> outcomes) {
    beforeAppend.run();
    super.append(outcomes);
  }

  @Override
  public void commit() {
    beforeCommit.run();
    super.commit();
  }
}
