package dev.mbank.server.store;

class PostgresLedgerRaceTest extends LedgerRaceContract {
  @Override
  TestDatabase database() {
    return new PostgresTestDatabase(Indexing.BEHIND);
  }
}
