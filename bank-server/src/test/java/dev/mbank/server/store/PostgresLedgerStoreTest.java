package dev.mbank.server.store;

import org.junit.jupiter.api.Nested;

class PostgresLedgerStoreTest {
  @Nested
  class NotIndexed extends LedgerStoreContract {
    @Override
    TestDatabase database() {
      return new PostgresTestDatabase(Indexing.NEVER);
    }
  }

  @Nested
  class IndexesBehind extends LedgerStoreContract {
    @Override
    TestDatabase database() {
      return new PostgresTestDatabase(Indexing.BEHIND);
    }
  }

  @Nested
  class Indexed extends LedgerStoreContract {
    @Override
    TestDatabase database() {
      return new PostgresTestDatabase(Indexing.ALWAYS);
    }
  }
}
