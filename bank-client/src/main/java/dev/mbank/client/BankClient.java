package dev.mbank.client;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import com.google.protobuf.Timestamp;
import com.google.type.Money;
import dev.mbank.v1.Account;
import dev.mbank.v1.Balance;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.BankServiceGrpc.BankServiceBlockingStub;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetAccountRequest;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.GetStatementResponse;
import dev.mbank.v1.StatementEntry;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.WithdrawRequest;
import io.grpc.Channel;
import io.grpc.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bank, as a caller sees it: methods that return what was asked for, or throw a {@link
 * BankRefusedException} or a {@link BankUnavailableException}. Safe for use by many threads.
 *
 * <p>A write takes its request id from the caller. So the caller can keep it before the request is
 * sent, and with it ask again after anything, a crash of its own included.
 */
final class BankClient {
  /** Version 7, and each greater than the one before. */
  private static final TimeBasedEpochGenerator REQUEST_IDS = Generators.timeBasedEpochGenerator();

  private final BankServiceBlockingStub stub;
  private final Retries retries;
  private final Surroundings surroundings;

  /** What is done around each call, with all its attempts. */
  interface Surroundings {
    <A> A around(String method, Supplier<A> call);
  }

  BankClient(Channel channel, Retries retries) {
    this(
        channel,
        retries,
        new Surroundings() {
          @Override
          public <A> A around(String method, Supplier<A> call) {
            return call.get();
          }
        });
  }

  BankClient(Channel channel, Retries retries, Surroundings surroundings) {
    this.stub = BankServiceGrpc.newBlockingStub(channel);
    this.retries = retries;
    this.surroundings = surroundings;
  }

  static UUID newRequestId() {
    return REQUEST_IDS.generate();
  }

  /** Opens an account that the caller will own. */
  Account createAccount(UUID requestId, String accountId, String currencyCode, String displayName) {
    var request =
        CreateAccountRequest.newBuilder()
            .setRequestId(requestId.toString())
            .setAccountId(accountId)
            .setCurrencyCode(currencyCode)
            .setDisplayName(displayName)
            .build();
    return call("CreateAccount", requestId, request, BankServiceBlockingStub::createAccount)
        .getAccount();
  }

  Account account(String accountId) {
    var request = GetAccountRequest.newBuilder().setAccountId(accountId).build();
    return call("GetAccount", null, request, BankServiceBlockingStub::getAccount).getAccount();
  }

  Balance balance(String accountId) {
    var request = GetBalanceRequest.newBuilder().setAccountId(accountId).build();
    return call("GetBalance", null, request, BankServiceBlockingStub::getBalance).getBalance();
  }

  /** Brings money into an account from outside the bank. */
  Transaction deposit(UUID requestId, String accountId, Money amount, String description) {
    var request =
        DepositRequest.newBuilder()
            .setRequestId(requestId.toString())
            .setAccountId(accountId)
            .setAmount(amount)
            .setDescription(description)
            .build();
    return call("Deposit", requestId, request, BankServiceBlockingStub::deposit).getTransaction();
  }

  /** Takes money out of an account to outside the bank. */
  Transaction withdraw(UUID requestId, String accountId, Money amount, String description) {
    var request =
        WithdrawRequest.newBuilder()
            .setRequestId(requestId.toString())
            .setAccountId(accountId)
            .setAmount(amount)
            .setDescription(description)
            .build();
    return call("Withdraw", requestId, request, BankServiceBlockingStub::withdraw).getTransaction();
  }

  /** Moves money between two accounts of one currency. */
  Transaction transfer(
      UUID requestId,
      String sourceAccountId,
      String destinationAccountId,
      Money amount,
      String description) {
    var request =
        TransferRequest.newBuilder()
            .setRequestId(requestId.toString())
            .setSourceAccountId(sourceAccountId)
            .setDestinationAccountId(destinationAccountId)
            .setAmount(amount)
            .setDescription(description)
            .build();
    return call("Transfer", requestId, request, BankServiceBlockingStub::transfer).getTransaction();
  }

  /** Reads all pages of the statement that begins at a time and ends with the last entry. */
  Statement statement(String accountId, Timestamp startTime) {
    List<StatementEntry> entries = new ArrayList<>();
    var request = GetStatementRequest.newBuilder().setAccountId(accountId).setStartTime(startTime);
    GetStatementResponse page;
    do {
      page = call("GetStatement", null, request.build(), BankServiceBlockingStub::getStatement);
      entries.addAll(page.getEntriesList());
      request.setPageToken(page.getNextPageToken());
    } while (!page.getNextPageToken().isEmpty());
    return new Statement(accountId, page.getOpeningBalance(), entries, page.getClosingBalance());
  }

  private <Q, A> A call(
      String method,
      @Nullable UUID requestId,
      Q request,
      BiFunction<BankServiceBlockingStub, Q, A> rpc) {
    return surroundings.around(
        method,
        () ->
            retries.call(
                method,
                requestId,
                (Deadline deadline) -> rpc.apply(stub.withDeadline(deadline), request)));
  }
}
