package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.commit.CommitSettings;
import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.AccountId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that may not grow, as on a full disk: it can be read, and has no room for more. */
class SqliteFullTest {
  private static final CommitSettings SETTINGS =
      new CommitSettings(
          10, 10, Duration.ofMillis(10), Duration.ofHours(1), Duration.ofSeconds(10));

  private static final int NO_INDEXING = 1_000_000;

  private final AtomicReference<Connection> connection = new AtomicReference<>();
  private volatile long limit = 1_000_000;
  private final AtomicInteger begun = new AtomicInteger();
  private final List<Boolean> heard = new CopyOnWriteArrayList<>();

  @Test
  void writer_noRoom_isUnavailableUntilThereIs(@TempDir Path folder) throws Exception {
    BankFile bank = BankFile.closed(folder);
    try (SqliteDatabase database = bank.open();
        Journal journal = new Journal(limited(database), NO_INDEXING);
        GroupCommitWriter writer = writer(journal.store())) {
      writer.start();
      await().until(writer::isAvailable);
      limitPages(1); // SQLite takes it for as many as there are.
      int done = depositUntilFailure(writer);

      int before = begun.get();
      await().until(() -> begun.get() > before + 3);
      assertThat(heard).containsExactly(true, false);

      limit = 1_000_000; // For the next connection; one that was full is given up.
      await().until(writer::isAvailable);
      assertThat(heard).containsExactly(true, false, true);
      writer.submit(deposit("a", 1)).get(10, SECONDS);
      assertThat(journal.queries().balanceAt(new AccountId("a"), 9999)).isEqualTo(60 + done + 1);
    }
  }

  private GroupCommitWriter writer(LedgerStore store) {
    LedgerStore counted =
        () -> {
          begun.incrementAndGet();
          return store.begin();
        };
    return new GroupCommitWriter(counted, Clock.systemUTC(), SETTINGS, List.of(heard::add));
  }

  private JournalDatabase limited(SqliteDatabase database) {
    return new JournalDatabase() {
      @Override
      public JournalConnection openWriter() throws SQLException {
        JournalConnection opened = database.openWriter();
        connection.set(opened.jdbc);
        limitPages(limit);
        return opened;
      }

      @Override
      public DataSource readers() {
        return database.readers();
      }

      @Override
      public void close() {
        database.close();
      }
    };
  }

  private void limitPages(long pages) throws SQLException {
    limit = pages;
    try (Statement statement = connection.get().createStatement()) {
      statement.execute("PRAGMA max_page_count = " + pages);
    }
  }

  private static int depositUntilFailure(GroupCommitWriter writer) throws Exception {
    for (int done = 0; done < 5000; done++) {
      try {
        writer.submit(deposit("a", 1)).get(10, SECONDS);
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(StoreUnavailableException.class);
        return done;
      }
    }
    throw new AssertionError("expected: a full database");
  }

  @Test
  void close_whileABatchIsOpen_leavesItTheConnectionAndIsTheLast(@TempDir Path folder)
      throws Exception {
    BankFile bank = BankFile.closed(folder);
    try (SqliteDatabase database = bank.open()) {
      Journal journal = new Journal(limited(database), NO_INDEXING);
      LedgerStore store = journal.store();
      TestLedger ledger = new TestLedger(store);
      try (LedgerStore.Batch batch = store.begin()) {
        Thread closing = new Thread(journal::close);
        closing.start();
        closing.join(SECONDS.toMillis(10));
        assertThat(closing.isAlive()).isFalse();
        batch.append(List.of());
        batch.commit();
      }
      assertThat(connection.get().isClosed()).isTrue();
      assertThatExceptionOfType(StoreUnavailableException.class)
          .isThrownBy(() -> ledger.append(TestLedger.NOON, open("late")));
    }
    assertThat(folder).isDirectoryNotContaining("glob:**bank.db?*");
  }
}
