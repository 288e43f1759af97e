package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.type.Money;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetBalanceRequest;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command that moves the bank, as the real jar runs it. */
class MigrateIT {
  private static final int TRANSACTIONS = 100_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String HEAD = "SELECT sequence FROM journal_head";

  /** One account, and deposits of a cent, by ids that tell their sequence. */
  private static final String BANK =
      """
      INSERT INTO journal_transaction
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %1$d)
      SELECT i, 1700000000000000 + i, '%2$s', unhex(printf('%%032x', i)),
             CASE i WHEN 1 THEN 'ACCOUNT_OPENING' ELSE 'DEPOSIT' END, 'EUR', i > 1,
             CASE WHEN i > 1 THEN 'settlement-eur' END, CASE WHEN i > 1 THEN 1 - i END,
             'a', i - 1, 'a cent'
        FROM n
      """
          .formatted(TRANSACTIONS, TestClient.IDENTITY);

  private static final String MOVE_HEAD =
      "UPDATE journal_head SET sequence = %1$d, commit_time = 1700000000000000 + %1$d"
          .formatted(TRANSACTIONS);

  @TempDir Path folder;

  @BeforeEach
  void makeBank() throws Exception {
    String url = "jdbc:sqlite:" + folder.resolve("bank.db");
    Flyway.configure()
        .dataSource(url, "", "")
        .locations("classpath:db/migration/sqlite")
        .load()
        .migrate();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(BANK);
      statement.executeUpdate(MOVE_HEAD);
    }
  }

  @Test
  void migrate_killedAmid_isResumedAndServes() throws Exception {
    try (EmbeddedPostgres postgres =
        EmbeddedPostgres.builder().setServerConfig("fsync", "on").start()) {
      String url = postgres.getJdbcUrl("postgres", "postgres");
      long killedAt;
      try (ServerProcess first = migrateTo(url)) {
        await().atMost(PATIENCE).until(() -> sequence(url) >= 20_000);
        first.kill();
        assertEquals(128 + 9, first.awaitExit());
        killedAt = sequence(url);
        assertThat(killedAt).isLessThan(TRANSACTIONS);
      }
      try (ServerProcess second = migrateTo(url)) {
        assertEquals(0, second.awaitExit(), second::stderr);
        assertThat(second.stdout())
            .contains("compare 100 %", "copy    100 %", "prove   100 %")
            .contains(TRANSACTIONS + " transactions, 0 refusals; last sequence " + TRANSACTIONS)
            .contains("The journals are the same; copied now: " + (TRANSACTIONS - killedAt));
        assertThat(second.stderr()).isEmpty();
      }
      assertServes(url);
    }
  }

  @Test
  void migrate_terminated_endsInOrder() throws Exception {
    String url = "jdbc:sqlite:" + folder.resolve("new.db");
    try (ServerProcess process = migrateTo(url)) {
      await().atMost(PATIENCE).until(() -> sequence(url) >= 10_000);
      process.terminate();
      assertEquals(128 + 15, process.awaitExit());
      assertThat(process.stderr())
          .isEqualTo("bank-server: migrate: stopped; start it again to go on\n");
    }
    assertThat(folder.resolve("new.db-wal")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:mysql://localhost/bank, jdbc:sqlite:FILE or jdbc:postgresql://HOST:PORT/DATABASE",
    "jdbc:sqlite:garbage, a sound SQLite database",
    "jdbc:sqlite:./bank.db, another database than --from",
    "jdbc:postgresql://127.0.0.1:1/b?password=secret, a database that answers",
  })
  void migrate_wrongTarget_isToldInOneLine(String url, String expected) throws Exception {
    Files.writeString(folder.resolve("garbage"), "garbage ".repeat(1000));
    try (ServerProcess process = migrateTo(url)) {
      assertEquals(2, process.awaitExit());
      assertThat(process.stderr().lines().filter(line -> !line.contains("waiting for it")))
          .hasSize(1)
          .first()
          .asString()
          .startsWith("bank-server: --to: " + url.replace("secret", "***") + " (expected: ")
          .contains(expected);
      assertThat(process.stdout() + process.stderr()).doesNotContain("secret");
    }
  }

  private ServerProcess migrateTo(String url) {
    return ServerProcess.startCommand(
        folder, Map.of(), "migrate", "--from", "jdbc:sqlite:bank.db", "--to=" + url);
  }

  /** Where the journal ends, or 0 as long as there is none. */
  private static long sequence(String url) {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(HEAD)) {
      return row.next() ? row.getLong(1) : 0;
    } catch (SQLException e) {
      return 0;
    }
  }

  /** A server on it knows the balance, and the first requests of all. */
  private void assertServes(String url) {
    Issued authority = TestCertificates.authority("test CA").selfSigned();
    Issued teller = TestCertificates.client(TestClient.IDENTITY).issuedBy(authority);
    authority.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(authority).writeTo(folder, "server");
    Map<String, String> variables =
        Map.of(
            "DATABASE_URL", url,
            "CA_FILE", "ca.crt",
            "CERT_FILE", "server.crt",
            "KEY_FILE", "server.key");
    try (ServerProcess server = ServerProcess.startQuickly(folder, variables);
        TestClient client = TestClient.trusting(authority, teller, server.awaitReady())) {
      var again =
          DepositRequest.newBuilder()
              .setRequestId(new UUID(0, 2).toString())
              .setAccountId("a")
              .setAmount(Money.newBuilder().setCurrencyCode("EUR").setNanos(10_000_000))
              .setDescription("a cent")
              .build();
      assertEquals("tx-2", client.bank().deposit(again).getTransaction().getTransactionId());
      var balance =
          client.bank().getBalance(GetBalanceRequest.newBuilder().setAccountId("a").build());
      assertEquals(999, balance.getBalance().getPosted().getUnits());
      assertEquals(TRANSACTIONS, balance.getBalance().getSequence());
    }
  }
}
