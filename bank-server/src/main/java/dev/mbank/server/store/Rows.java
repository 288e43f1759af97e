package dev.mbank.server.store;

import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Money;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.Refusal;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import dev.mbank.server.ledger.TransactionKind;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** From rows to the ledger's values and back. Columns go by the names of the schema. */
final class Rows {
  private static final JsonMapper MAPPER = JsonMapper.shared();
  private static final TypeReference<Map<String, String>> DETAILS = new TypeReference<>() {};

  private Rows() {}

  static long micros(Instant time) {
    // Not ChronoUnit.between: it counts nanoseconds first, which overflow in the year 2262.
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1_000);
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  static String json(Map<String, String> details) {
    return MAPPER.writeValueAsString(details);
  }

  static RequestKey key(ResultSet row) throws SQLException {
    Identity identity = new Identity(row.getString("identity"));
    return new RequestKey(identity, uuid(row.getObject("request_id")));
  }

  /** SQLite has no type for it and keeps its bytes. */
  static UUID uuid(Object value) {
    if (value instanceof UUID uuid) {
      return uuid;
    }
    ByteBuffer bytes = ByteBuffer.wrap((byte[]) value);
    return new UUID(bytes.getLong(), bytes.getLong());
  }

  static byte[] bytes(UUID uuid) {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(uuid.getMostSignificantBits())
        .putLong(uuid.getLeastSignificantBits())
        .array();
  }

  /** The account that an opening opened. */
  static Account account(ResultSet row) throws SQLException {
    return new Account(
        new AccountId(row.getString("destination_id")),
        new Identity(row.getString("identity")),
        Currency.getInstance(row.getString("currency")),
        row.getString("description"),
        instant(row.getLong("commit_time")));
  }

  /** An account and its balance, where a settlement account was never opened. */
  static AccountBalance accountBalance(ResultSet row) throws SQLException {
    Currency settled = new AccountId(row.getString("id")).settlementCurrency();
    Account account = settled == null ? account(row) : Account.settlement(settled);
    return new AccountBalance(account, row.getLong("balance"));
  }

  static Transaction transaction(ResultSet row) throws SQLException {
    long amount = row.getLong("amount");
    List<Entry> entries = new ArrayList<>(2);
    String source = row.getString("source_id");
    if (source != null) {
      entries.add(new Entry(new AccountId(source), -amount, row.getLong("source_balance")));
    }
    AccountId destination = new AccountId(row.getString("destination_id"));
    entries.add(new Entry(destination, amount, row.getLong("destination_balance")));
    return new Transaction(
        row.getLong("sequence"),
        instant(row.getLong("commit_time")),
        key(row),
        TransactionKind.valueOf(row.getString("kind")),
        Currency.getInstance(row.getString("currency")),
        entries,
        row.getString("description"));
  }

  /** The outcome that a transaction was, with the command that made it. */
  static Outcome outcome(Transaction transaction) {
    List<Entry> entries = transaction.entries();
    Entry first = entries.get(0);
    Entry last = entries.get(entries.size() - 1);
    Command command =
        command(
            transaction.key(),
            transaction.kind(),
            transaction.kind() == TransactionKind.DEPOSIT ? last.account() : first.account(),
            last.account(),
            transaction.currency(),
            last.amount(),
            transaction.description());
    return new Outcome(command, new Posted(transaction));
  }

  /** A refused command and why. */
  static Outcome refusal(ResultSet row) throws SQLException {
    AccountId account = new AccountId(row.getString("account_id"));
    String destination = row.getString("destination_id");
    Command command =
        command(
            key(row),
            TransactionKind.valueOf(row.getString("kind")),
            account,
            destination == null ? account : new AccountId(destination),
            Currency.getInstance(row.getString("currency")),
            row.getLong("amount"),
            row.getString("description"));
    Map<String, String> details = MAPPER.readValue(row.getString("details"), DETAILS);
    return new Outcome(command, new Refused(Refusal.valueOf(row.getString("refusal")), details));
  }

  private static Command command(
      RequestKey key,
      TransactionKind kind,
      AccountId account,
      AccountId destination,
      Currency currency,
      long minorUnits,
      String description) {
    return switch (kind) {
      case ACCOUNT_OPENING -> new CreateAccount(key, account, currency, description);
      case DEPOSIT -> new Deposit(key, account, new Money(currency, minorUnits), description);
      case WITHDRAWAL -> new Withdraw(key, account, new Money(currency, minorUnits), description);
      case TRANSFER ->
          new Transfer(key, account, destination, new Money(currency, minorUnits), description);
    };
  }
}
