package dev.mbank.server.store;

import java.sql.SQLException;
import javax.sql.DataSource;

/** A database that holds the journal. */
interface JournalDatabase extends AutoCloseable {

  /** Opens a connection that may write. */
  JournalConnection openWriter() throws SQLException;

  /** Connections that only read, pooled. */
  DataSource readers();

  @Override
  void close();
}
