package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.settings.SettingException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresDatabaseTest {
  private final PostgresTestDatabase database = new PostgresTestDatabase(Indexing.BEHIND);

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void open_severalServersAtOnce_makeOneSchema() throws Exception {
    ExecutorService servers = Executors.newFixedThreadPool(4);
    try {
      List<Future<PostgresDatabase>> opened = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        opened.add(servers.submit(() -> PostgresDatabase.open(database.settings())));
      }
      for (Future<PostgresDatabase> each : opened) {
        each.get().close();
      }
    } finally {
      servers.shutdown();
    }
    new TestLedger(database.join().store()).append(NOON, open("a"));
    assertThat(database.join().queries().sequence()).isEqualTo(1);
  }

  @Test
  void open_newerSchema_isRefused() throws Exception {
    database.join();
    database.run(
        "INSERT INTO flyway_schema_history SELECT 99, '99', 'later', type, 'V99__later.sql', 1,"
            + " installed_by, installed_on, 1, true FROM flyway_schema_history WHERE version = '1'");
    assertThat(refusal(database.settings()))
        .contains("its schema is 99, made by a newer bank-server");
  }

  @Test
  void open_databaseOfAnotherApplication_isRefused() throws Exception {
    database.run("CREATE TABLE address (name text)");
    assertThat(refusal(database.settings())).contains("an mbank database or an empty one");
  }

  @Test
  void open_journalThatIsNotSound_isRefused() throws Exception {
    new TestLedger(database.join().store()).append(NOON, open("a"), deposit("a", 5));
    database.run("ALTER TABLE journal_transaction DISABLE TRIGGER no_change");
    database.run("UPDATE journal_transaction SET destination_balance = 7 WHERE sequence = 2");
    assertThat(refusal(database.settings()))
        .contains("a whole journal; after transaction 2 the balance of a is 7 and not 5");
  }

  @Test
  void open_indexesFarBehindTheEnd_isOpened() {
    try (PostgresDatabase opened = PostgresDatabase.open(database.settings());
        Journal journal = new Journal(opened, 100_000)) {
      TestLedger ledger = new TestLedger(journal.store());
      ledger.append(NOON, open("a"), deposit("a", 5));
      ledger.append(NOON, Stream.generate(() -> deposit("a", 1)).limit(10_100).toList());
    }
    PostgresDatabase.open(database.settings()).close();
  }

  @Test
  void open_nobodyAnswers_isRefusedAfterAWhile() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/bank?password=secret&user=me";
    assertThat(refusal(settings(url, ""))).contains("a database that answers").contains("***");
  }

  @Test
  void open_anotherServerStandsStillInAMigration_isRefusedAfterAWhile() throws Exception {
    database.join();
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE flyway_schema_history IN ACCESS EXCLUSIVE MODE");
      assertThat(refusal(settings(database.url(), ""))).contains("lock timeout");
    }
  }

  @Test
  void open_noSuchDatabase_isRefusedAtOnce() {
    String url = database.settings().url().replaceFirst("/bank\\d+", "/none");
    assertThat(refusal(settings(url, ""))).contains("database \"none\" does not exist");
  }

  @Test
  void open_noSuchUser_isRefused() {
    String url = database.settings().url().replace("user=postgres", "user=nobody");
    assertThat(refusal(settings(url, ""))).contains("nobody");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"jdbc:postgresql:/bank", "jdbc:postgresql://:x/", "jdbc:postgresql://h:p/d"})
  void open_noUrl_isRefused(String url) {
    assertThat(refusal(settings(url, ""))).contains("jdbc:postgresql://HOST:PORT/DATABASE");
  }

  @Test
  void openWriter_databaseThatDoesNotWaitForTheDisk_waits() throws Exception {
    database.set("synchronous_commit = off");
    try (PostgresDatabase opened = PostgresDatabase.open(database.settings());
        JournalConnection writer = opened.openWriter();
        Statement statement = writer.jdbc.createStatement();
        var row = statement.executeQuery("SHOW synchronous_commit")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo("on");
    }
  }

  @Test
  void outcomes_databaseWhoseTransactionsSeeOneMomentByDefault_areFoundWhileIndexesMove()
      throws Exception {
    database.set("default_transaction_isolation = ''repeatable read''");
    try (PostgresDatabase opened = PostgresDatabase.open(database.settings());
        Journal journal = new Journal(opened, 100_000)) {
      TestLedger ledger = new TestLedger(journal.store());
      RequestKey key = ledger.append(NOON, open("a"), deposit("a", 5)).get(1).command().key();
      try (LedgerStore.Batch batch = journal.store().begin()) {
        journal.indexer().finish();
        assertThat(batch.outcomes(Set.of(key))).containsOnlyKeys(key);
      }
    }
  }

  private static StoreSettings settings(String url, String password) {
    Duration second = Duration.ofSeconds(1);
    return new StoreSettings(url, "", password, 1, second, second, second, 100);
  }

  private static String refusal(StoreSettings settings) {
    SettingException refused =
        catchThrowableOfType(SettingException.class, () -> PostgresDatabase.open(settings).close());
    assertThat(refused)
        .message()
        .startsWith("DATABASE_URL: " + settings.shownUrl() + " (expected: ")
        .endsWith(")")
        .hasLineCount(1)
        .doesNotContain("secret", "Exception", "SELECT");
    return String.valueOf(refused.getMessage());
  }
}
