package dev.mbank.server.grpc;

import com.google.protobuf.Timestamp;
import dev.mbank.server.commit.LedgerQueries.BalanceAt;
import dev.mbank.server.commit.LedgerQueries.StatementLine;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Transaction;
import dev.mbank.v1.AccountState;
import dev.mbank.v1.Balance;
import dev.mbank.v1.StatementEntry;
import dev.mbank.v1.TransactionKind;
import java.time.Instant;
import java.util.Currency;
import java.util.function.Predicate;

/** From the ledger's values to the contract's messages. */
final class ResponseMapper {
  private ResponseMapper() {}

  static dev.mbank.v1.Account account(Account account) {
    dev.mbank.v1.Account.Builder builder =
        dev.mbank.v1.Account.newBuilder()
            .setAccountId(account.id().value())
            .setOwner(account.owner().name())
            .setCurrencyCode(account.currency().getCurrencyCode())
            .setDisplayName(account.displayName())
            .setState(AccountState.ACCOUNT_STATE_OPEN);
    if (!account.owner().equals(Identity.BANK)) {
      builder.setCreateTime(timestamp(account.createTime()));
    }
    return builder.build();
  }

  static Balance balance(BalanceAt at) {
    Currency currency = at.balance().account().currency();
    com.google.type.Money posted = MoneyMapper.toProto(currency, at.balance().balance());
    return Balance.newBuilder()
        .setPosted(posted)
        .setAvailable(posted)
        .setSequence(at.sequence())
        .build();
  }

  /**
   * A transaction as a caller may see it.
   *
   * @param readable the accounts whose balances the caller may read
   */
  static dev.mbank.v1.Transaction transaction(
      Transaction transaction, Predicate<AccountId> readable) {
    dev.mbank.v1.Transaction.Builder builder =
        dev.mbank.v1.Transaction.newBuilder()
            .setTransactionId(transactionId(transaction.sequence()))
            .setSequence(transaction.sequence())
            .setRequestId(transaction.key().requestId().toString())
            .setKind(kind(transaction.kind()))
            .setDescription(transaction.description())
            .setCommitTime(timestamp(transaction.commitTime()));
    Currency currency = transaction.currency();
    for (Entry entry : transaction.entries()) {
      dev.mbank.v1.Entry.Builder leg =
          builder
              .addEntriesBuilder()
              .setAccountId(entry.account().value())
              .setAmount(MoneyMapper.toProto(currency, entry.amount()));
      if (readable.test(entry.account())) {
        leg.setBalance(MoneyMapper.toProto(currency, entry.balance()));
      }
    }
    return builder.build();
  }

  static StatementEntry statementEntry(Currency currency, StatementLine line) {
    return StatementEntry.newBuilder()
        .setTransactionId(transactionId(line.sequence()))
        .setSequence(line.sequence())
        .setKind(kind(line.kind()))
        .setAmount(MoneyMapper.toProto(currency, line.amount()))
        .setBalance(MoneyMapper.toProto(currency, line.balance()))
        .setDescription(line.description())
        .setCommitTime(timestamp(line.commitTime()))
        .build();
  }

  static String transactionId(long sequence) {
    return "tx-" + sequence;
  }

  private static TransactionKind kind(dev.mbank.server.ledger.TransactionKind kind) {
    return switch (kind) {
      case ACCOUNT_OPENING -> TransactionKind.TRANSACTION_KIND_ACCOUNT_OPENING;
      case DEPOSIT -> TransactionKind.TRANSACTION_KIND_DEPOSIT;
      case WITHDRAWAL -> TransactionKind.TRANSACTION_KIND_WITHDRAWAL;
      case TRANSFER -> TransactionKind.TRANSACTION_KIND_TRANSFER;
    };
  }

  private static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }
}
