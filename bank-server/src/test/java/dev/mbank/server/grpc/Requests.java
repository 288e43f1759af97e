package dev.mbank.server.grpc;

import com.google.protobuf.Message;
import com.google.type.Money;
import dev.mbank.v1.BankServiceGrpc.BankServiceBlockingStub;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetAccountRequest;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.ListAccountsRequest;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.WithdrawRequest;
import java.util.UUID;

/** Well-formed requests, each write with an id of its own. */
final class Requests {
  private Requests() {}

  static CreateAccountRequest opening(String account, String currency) {
    return CreateAccountRequest.newBuilder()
        .setRequestId(id())
        .setAccountId(account)
        .setCurrencyCode(currency)
        .setDisplayName("Display of " + account)
        .build();
  }

  static DepositRequest deposit(String account, Money amount) {
    return DepositRequest.newBuilder()
        .setRequestId(id())
        .setAccountId(account)
        .setAmount(amount)
        .setDescription("in")
        .build();
  }

  static WithdrawRequest withdraw(String account, Money amount) {
    return WithdrawRequest.newBuilder()
        .setRequestId(id())
        .setAccountId(account)
        .setAmount(amount)
        .setDescription("out")
        .build();
  }

  static TransferRequest transfer(String source, String destination, Money amount) {
    return TransferRequest.newBuilder()
        .setRequestId(id())
        .setSourceAccountId(source)
        .setDestinationAccountId(destination)
        .setAmount(amount)
        .setDescription("over")
        .build();
  }

  static GetAccountRequest account(String account) {
    return GetAccountRequest.newBuilder().setAccountId(account).build();
  }

  static GetBalanceRequest balance(String account) {
    return GetBalanceRequest.newBuilder().setAccountId(account).build();
  }

  static GetTransactionRequest transaction(String id) {
    return GetTransactionRequest.newBuilder().setTransactionId(id).build();
  }

  static GetStatementRequest statement(String account) {
    return GetStatementRequest.newBuilder().setAccountId(account).build();
  }

  static ListAccountsRequest accounts() {
    return ListAccountsRequest.getDefaultInstance();
  }

  static Money eur(long units) {
    return money("EUR", units, 0);
  }

  static Money money(String currency, long units, int nanos) {
    return Money.newBuilder().setCurrencyCode(currency).setUnits(units).setNanos(nanos).build();
  }

  static String id() {
    return UUID.randomUUID().toString();
  }

  /** Calls the method that takes this request. */
  static Message call(BankServiceBlockingStub bank, Message request) {
    if (request instanceof CreateAccountRequest create) {
      return bank.createAccount(create);
    } else if (request instanceof DepositRequest deposit) {
      return bank.deposit(deposit);
    } else if (request instanceof WithdrawRequest withdraw) {
      return bank.withdraw(withdraw);
    } else if (request instanceof TransferRequest transfer) {
      return bank.transfer(transfer);
    } else if (request instanceof GetAccountRequest account) {
      return bank.getAccount(account);
    } else if (request instanceof ListAccountsRequest accounts) {
      return bank.listAccounts(accounts);
    } else if (request instanceof GetBalanceRequest balance) {
      return bank.getBalance(balance);
    } else if (request instanceof GetTransactionRequest transaction) {
      return bank.getTransaction(transaction);
    } else if (request instanceof GetStatementRequest statement) {
      return bank.getStatement(statement);
    }
    throw new AssertionError(request);
  }

  /** A copy of a request in which one field is another. */
  static Message with(Message request, String field, Object value) {
    return request.toBuilder()
        .setField(request.getDescriptorForType().findFieldByName(field), value)
        .build();
  }
}
