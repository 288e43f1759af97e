package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerStore;
import java.sql.SQLException;

/** The journal of a database, as one server has it: both of its sides, and what they share. */
final class Journal implements AutoCloseable {
  private final Tail tail = new Tail();
  private final Indexer indexer;
  private final JournalStore store;
  private final LedgerQueries queries;

  /**
   * @param indexStep how many transactions are indexed together
   */
  Journal(JournalDatabase database, int indexStep) {
    indexer = new Indexer(database::openWriter, tail, indexStep);
    store = new JournalStore(database::openWriter, tail, indexer);
    queries = new JournalQueries(database.readers(), tail);
  }

  /** Indexes what a server left, and goes on to do so. */
  Journal start() throws SQLException {
    indexer.finish();
    indexer.start();
    return this;
  }

  LedgerStore store() {
    return store;
  }

  LedgerQueries queries() {
    return queries;
  }

  /** How many outcomes are not in the indexes yet. */
  int unindexed() {
    return tail.size();
  }

  Indexer indexer() {
    return indexer;
  }

  @Override
  public void close() {
    store.close();
    indexer.close();
  }
}
