package dev.mbank.server.store;

import org.junit.jupiter.api.Nested;

class PostgresLedgerQueriesTest {
  @Nested
  class NotIndexed extends LedgerQueriesContract {
    @Override
    TestDatabase database() {
      return new PostgresTestDatabase(Indexing.NEVER);
    }
  }

  @Nested
  class IndexesBehind extends LedgerQueriesContract {
    @Override
    TestDatabase database() {
      return new PostgresTestDatabase(Indexing.BEHIND);
    }
  }

  @Nested
  class Indexed extends LedgerQueriesContract {
    @Override
    TestDatabase database() {
      return new PostgresTestDatabase(Indexing.ALWAYS);
    }
  }
}
