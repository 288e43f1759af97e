package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerStore;
import java.sql.Connection;
import java.sql.SQLException;

/** A database of one test's own, empty at first. */
interface TestDatabase extends AutoCloseable {

  /** Opens the database as one more server would. */
  Server join();

  /** What {@code DATABASE_URL} would be. */
  String url();

  /** A connection such as an operator may have. */
  Connection connect() throws SQLException;

  /** Closes what every server has opened. Afterwards others may join. */
  @Override
  void close();

  /** What a server has of the database. */
  record Server(LedgerStore store, LedgerQueries queries) {}
}
