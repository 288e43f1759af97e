package dev.mbank.server.store;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerStoreTest extends LedgerStoreContract {
  private final Path folder;

  SqliteLedgerStoreTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Override
  TestDatabase database() {
    return new SqliteTestDatabase(folder);
  }
}
