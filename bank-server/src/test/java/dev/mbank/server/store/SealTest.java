package dev.mbank.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealTest {
  private final BankFile bank;
  @TempDir Path other;

  SealTest(@TempDir Path folder) {
    bank = BankFile.closed(folder);
  }

  @Test
  void close_inOrder_seals() throws Exception {
    assertThat(isSealed(bank)).isTrue();
    bank.open().close();
    assertThat(isSealed(bank)).isTrue();
  }

  @Test
  void write_byAnotherProgram_breaksTheSeal() throws Exception {
    try (Connection connection = DriverManager.getConnection(bank.url());
        var statement = connection.createStatement()) {
      statement.executeUpdate("DELETE FROM index_entry WHERE account_id = 'a'");
    }
    assertThat(isSealed(bank)).isFalse();
    bank.open().close();
    assertThat(bank.value("SELECT sequence FROM index_head")).isEqualTo("0");
    assertThat(isSealed(bank)).isTrue();
  }

  @Test
  void crash_withALog_breaksTheSeal() throws Exception {
    FileTime sealed = Files.getLastModifiedTime(bank.file());
    BankFile crashed;
    try (SqliteDatabase running = bank.open();
        Journal journal = new Journal(running, 100);
        var batch = journal.store().begin()) {
      try (Connection writer = DriverManager.getConnection(bank.url())) {
        assertThat(Seal.holds(bank.file(), writer)).isTrue();
      }
      batch.append(java.util.List.of());
      batch.commit();
      crashed = bank.crashedInto(other);
      Files.setLastModifiedTime(crashed.file(), sealed);
    }
    assertThat(isSealed(crashed)).isFalse();
  }

  /** What the seal is for: pages that nobody wrote to are not read again. */
  @Test
  void open_sealHolds_readsNoPageThatItDoesNotNeed() throws Exception {
    FileTime sealed = Files.getLastModifiedTime(bank.file());
    long page =
        Long.parseLong(
            bank.value("SELECT rootpage FROM sqlite_schema WHERE name = 'index_account_by_owner'"));
    try (FileChannel channel = FileChannel.open(bank.file(), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(4096), (page - 1) * 4096);
    }
    Files.setLastModifiedTime(bank.file(), sealed);
    bank.open().close();

    Files.setLastModifiedTime(bank.file(), FileTime.from(Instant.now()));
    assertThat(bank.refusal()).contains("a sound SQLite database");
  }

  private static boolean isSealed(BankFile bank) throws Exception {
    try (Connection connection = DriverManager.getConnection(bank.url())) {
      return Seal.holds(bank.file(), connection);
    }
  }
}
