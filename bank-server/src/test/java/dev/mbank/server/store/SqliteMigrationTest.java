package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.Commands.transfer;
import static dev.mbank.server.commit.Commands.withdraw;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.commit.LedgerStore.Batch;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Payment;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.Transaction;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal of an earlier schema goes on as the same journal. */
class SqliteMigrationTest {
  @TempDir Path folder;

  @Test
  void open_schema2_keepsEveryOutcome() throws Exception {
    BankFile bank = new BankFile(folder.resolve("bank.db"));
    Flyway.configure()
        .dataSource(bank.url(), null, null)
        .locations("classpath:db/migration/sqlite")
        .target("2")
        .load()
        .migrate();
    TestLedger ledger = new TestLedger(() -> null);
    List<Outcome> outcomes =
        ledger.decide(
            NOON,
            List.of(
                open("a"),
                open("b"),
                withdraw("a", 1),
                deposit("a", 100),
                transfer("a", "b", 30),
                transfer("a", "b", 300),
                open("a"),
                withdraw("b", 30)));
    try (Connection connection = DriverManager.getConnection(bank.url())) {
      long sequence = 0;
      for (Outcome outcome : outcomes) {
        if (outcome.decision() instanceof Posted posted) {
          sequence = posted.transaction().sequence();
          add(connection, outcome, posted.transaction());
        } else {
          add(connection, outcome, (Refused) outcome.decision(), sequence);
        }
      }
      run(connection, "UPDATE journal_head SET sequence = ?, commit_time = ?", sequence, micros());
    }

    try (SqliteDatabase database = bank.open();
        Journal journal = new Journal(database, 3)) {
      journal.indexer().finish();
      try (Batch batch = journal.store().begin()) {
        Set<AccountId> accounts =
            Set.of(new AccountId("a"), new AccountId("b"), new AccountId("settlement-eur"));
        assertThat(batch.head()).isEqualTo(ledger.expected.head());
        assertThat(batch.outcomes(ledger.outcomes().keySet())).isEqualTo(ledger.outcomes());
        assertThat(batch.accounts(accounts)).isEqualTo(ledger.expected.accounts(accounts));
      }
    }
  }

  private static long micros() {
    return Rows.micros(NOON);
  }

  private static void add(Connection connection, Outcome outcome, Transaction transaction)
      throws SQLException {
    run(
        connection,
        "INSERT INTO journal_transaction VALUES (?, ?, ?, ?, ?, ?, ?)",
        transaction.sequence(),
        micros(),
        transaction.key().identity().name(),
        transaction.key().requestId().toString(),
        transaction.kind().name(),
        transaction.currency().getCurrencyCode(),
        transaction.description());
    int leg = 0;
    for (Entry entry : transaction.entries()) {
      run(
          connection,
          "INSERT INTO journal_entry VALUES (?, ?, ?, ?, ?)",
          transaction.sequence(),
          leg++,
          entry.account().value(),
          entry.amount(),
          entry.balance());
      run(
          connection,
          "INSERT OR REPLACE INTO account_balance VALUES (?, ?)",
          entry.account().value(),
          entry.balance());
    }
    if (outcome.command() instanceof CreateAccount opening) {
      run(
          connection,
          "INSERT INTO journal_account VALUES (?, ?, ?, ?, ?)",
          transaction.sequence(),
          opening.account().value(),
          opening.key().identity().name(),
          opening.currency().getCurrencyCode(),
          opening.displayName());
    }
  }

  private static void add(Connection connection, Outcome outcome, Refused refused, long sequence)
      throws SQLException {
    var command = outcome.command();
    run(
        connection,
        "INSERT INTO journal_refusal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        sequence,
        command.key().identity().name(),
        command.key().requestId().toString(),
        command.kind().name(),
        command.accounts().get(0).value(),
        command instanceof Transfer transfer ? transfer.destination().value() : null,
        "EUR",
        command instanceof Payment payment ? payment.amount().minorUnits() : null,
        command instanceof CreateAccount opening
            ? opening.displayName()
            : ((Payment) command).description(),
        refused.refusal().name(),
        Rows.json(refused.details()));
  }

  private static void run(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }
}
