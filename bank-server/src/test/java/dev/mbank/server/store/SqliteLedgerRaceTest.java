package dev.mbank.server.store;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerRaceTest extends LedgerRaceContract {
  private final Path folder;

  SqliteLedgerRaceTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Override
  TestDatabase database() {
    return new SqliteTestDatabase(folder, Indexing.BEHIND);
  }
}
