package dev.mbank.server.ledger;

import java.time.Instant;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A write that somebody asks for, well-formed and permitted, but not yet decided. */
public sealed interface Command {

  /** Which request this is. */
  RequestKey key();

  /** What the transaction will be, if there will be one. */
  TransactionKind kind();

  /** The accounts that a decision must know. */
  List<AccountId> accounts();

  /** The content as the caller sent it, by the contract's field names, in their order. */
  List<Map.Entry<String, Object>> content();

  /**
   * Compares with another command of the same key.
   *
   * @return the first field that differs, {@code method} if the commands are of two kinds, null if
   *     the contents are the same
   */
  default @Nullable String differingField(Command other) {
    if (kind() != other.kind()) {
      return "method";
    }
    List<Map.Entry<String, Object>> theirs = other.content();
    for (Map.Entry<String, Object> mine : content()) {
      if (!theirs.contains(mine)) {
        return mine.getKey();
      }
    }
    return null;
  }

  /**
   * Opens an account that the caller will own.
   *
   * @param account the id that the caller chose, or {@link AccountId#derivedFrom} the key
   * @param displayName may be empty
   */
  record CreateAccount(RequestKey key, AccountId account, Currency currency, String displayName)
      implements Command {
    public CreateAccount {
      requireClients(account);
      Money.requireMinorUnits(currency);
    }

    /** The account that this opens when it commits. */
    public Account opened(Instant commitTime) {
      return new Account(account, key.identity(), currency, displayName, commitTime);
    }

    @Override
    public TransactionKind kind() {
      return TransactionKind.ACCOUNT_OPENING;
    }

    @Override
    public List<AccountId> accounts() {
      return List.of(account);
    }

    @Override
    public List<Map.Entry<String, Object>> content() {
      return List.of(
          Map.entry("account_id", account),
          Map.entry("currency_code", currency),
          Map.entry("display_name", displayName));
    }
  }

  /** A command that moves money from one account to another. */
  sealed interface Payment extends Command permits Deposit, Withdraw, Transfer {
    /** The account that gives. */
    AccountId source();

    /** The account that gets. */
    AccountId destination();

    /** How much: more than zero. */
    Money amount();

    /** The caller's words; may be empty. */
    String description();

    @Override
    default List<AccountId> accounts() {
      return List.of(source(), destination());
    }
  }

  /** Brings money into an account from outside the bank. */
  record Deposit(RequestKey key, AccountId account, Money amount, String description)
      implements Payment {
    public Deposit {
      requireClients(account);
      requirePositive(amount);
    }

    @Override
    public TransactionKind kind() {
      return TransactionKind.DEPOSIT;
    }

    @Override
    public AccountId source() {
      return AccountId.settlement(amount.currency());
    }

    @Override
    public AccountId destination() {
      return account;
    }

    @Override
    public List<Map.Entry<String, Object>> content() {
      return List.of(
          Map.entry("account_id", account),
          Map.entry("amount", amount),
          Map.entry("description", description));
    }
  }

  /** Takes money out of an account to outside the bank. */
  record Withdraw(RequestKey key, AccountId account, Money amount, String description)
      implements Payment {
    public Withdraw {
      requireClients(account);
      requirePositive(amount);
    }

    @Override
    public TransactionKind kind() {
      return TransactionKind.WITHDRAWAL;
    }

    @Override
    public AccountId source() {
      return account;
    }

    @Override
    public AccountId destination() {
      return AccountId.settlement(amount.currency());
    }

    @Override
    public List<Map.Entry<String, Object>> content() {
      return List.of(
          Map.entry("account_id", account),
          Map.entry("amount", amount),
          Map.entry("description", description));
    }
  }

  /** Moves money between two different accounts of clients. */
  record Transfer(
      RequestKey key, AccountId source, AccountId destination, Money amount, String description)
      implements Payment {
    public Transfer {
      requireClients(source);
      requireClients(destination);
      requirePositive(amount);
      if (source.equals(destination)) {
        throw new IllegalArgumentException(
            "destination: " + destination + " (expected: another account than the source)");
      }
    }

    @Override
    public TransactionKind kind() {
      return TransactionKind.TRANSFER;
    }

    @Override
    public List<Map.Entry<String, Object>> content() {
      return List.of(
          Map.entry("source_account_id", source),
          Map.entry("destination_account_id", destination),
          Map.entry("amount", amount),
          Map.entry("description", description));
    }
  }

  private static void requireClients(AccountId account) {
    if (account.isSettlement()) {
      throw new IllegalArgumentException(
          "account: " + account + " (expected: a client's account, not the bank's own)");
    }
  }

  private static void requirePositive(Money amount) {
    if (amount.minorUnits() <= 0) {
      throw new IllegalArgumentException("amount: " + amount + " (expected: more than zero)");
    }
  }
}
