package dev.mbank.server.commit;

import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Transaction;
import dev.mbank.server.ledger.TransactionKind;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The read side of the journal. Each call sees at least what was committed before it began. Any
 * method may throw {@link StoreUnavailableException}. Safe for many threads.
 */
public interface LedgerQueries {

  /** The sequence of the last transaction; 0 if there is none. */
  long sequence();

  /** An account, the bank's own too, or null if there is none. */
  @Nullable Account account(AccountId id);

  /**
   * Client accounts in the order of their opening.
   *
   * @param owner whose, or null for everybody's
   * @param after the sequence of the last account that was listed before; 0 to begin
   * @param limit how many at the most
   */
  List<ListedAccount> accounts(@Nullable Identity owner, long after, int limit);

  /** What is on an account, or null if there is none. */
  @Nullable BalanceAt balance(AccountId id);

  /** The transaction at a place of the journal, or null if the journal does not reach it. */
  @Nullable Transaction transaction(long sequence);

  /** The sequence of the last transaction committed before a time; 0 if there is none. */
  long sequenceBefore(Instant time);

  /** An account's balance, in minor units, right after the transaction at a sequence. */
  long balanceAt(AccountId id, long sequence);

  /**
   * An account's entries in the order of the journal.
   *
   * @param after only entries behind this sequence
   * @param upTo no entries behind this sequence
   * @param limit how many at the most
   */
  List<StatementLine> statement(AccountId id, long after, long upTo, int limit);

  /**
   * An account at its place in the list.
   *
   * @param account the account
   * @param sequence of the transaction that opened it
   */
  record ListedAccount(Account account, long sequence) {}

  /**
   * A balance and when it holds.
   *
   * @param balance the account and what is on it
   * @param sequence all transactions up to this one count, none after it
   */
  record BalanceAt(AccountBalance balance, long sequence) {}

  /**
   * An entry with what its transaction says of it.
   *
   * @param sequence of the transaction
   * @param commitTime of the transaction
   * @param kind of the transaction
   * @param amount what was added, in minor units
   * @param balance right after the transaction, in minor units
   * @param description of the transaction
   */
  record StatementLine(
      long sequence,
      Instant commitTime,
      TransactionKind kind,
      long amount,
      long balance,
      String description) {}
}
