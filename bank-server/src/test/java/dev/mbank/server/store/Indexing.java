package dev.mbank.server.store;

import dev.mbank.server.commit.ForwardingBatch;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.StoreUnavailableException;
import java.sql.SQLException;

/** How closely the indexes follow the journal in a test, where no thread lets them. */
enum Indexing {
  /** Everything is in the tail only. */
  NEVER(1_000_000),
  /** The newest are in the tail, the others in the indexes. */
  BEHIND(3),
  /** Everything is in the indexes. */
  ALWAYS(1_000_000);

  private final int step;

  Indexing(int step) {
    this.step = step;
  }

  int step() {
    return step;
  }

  /** A store whose commits are followed by as much indexing as this says. */
  LedgerStore after(Journal journal) {
    return this == NEVER
        ? journal.store()
        : () ->
            new ForwardingBatch(journal.store().begin()) {
              @Override
              public void commit() {
                super.commit();
                try {
                  if (Indexing.this == ALWAYS) {
                    journal.indexer().finish();
                  } else {
                    journal.indexer().step();
                  }
                } catch (SQLException e) {
                  throw new StoreUnavailableException("indexing failed", e);
                }
              }
            };
  }
}
