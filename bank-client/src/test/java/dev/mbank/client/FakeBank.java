package dev.mbank.client;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.type.Money;
import dev.mbank.v1.Account;
import dev.mbank.v1.Balance;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.CreateAccountResponse;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.Entry;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetBalanceResponse;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.GetStatementResponse;
import dev.mbank.v1.StatementEntry;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransactionKind;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.TransferResponse;
import dev.mbank.v1.WithdrawRequest;
import dev.mbank.v1.WithdrawResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** As much of a bank as the client's tests need, in memory, with statement pages of two entries. */
class FakeBank extends BankServiceGrpc.BankServiceImplBase {
  private static final int PAGE = 2;

  private final Map<String, BigDecimal> balances = new LinkedHashMap<>();
  private final Map<String, List<StatementEntry>> statements = new LinkedHashMap<>();
  private final Map<String, Message> answers = new LinkedHashMap<>();
  private long sequence;

  @Override
  public void createAccount(CreateAccountRequest r, StreamObserver<CreateAccountResponse> out) {
    answer(
        out,
        r.getRequestId(),
        () -> {
          if (balances.putIfAbsent(r.getAccountId(), BigDecimal.ZERO) != null) {
            throw refusal(
                Code.ALREADY_EXISTS,
                "ACCOUNT_ALREADY_EXISTS",
                Map.of("account_id", r.getAccountId()));
          }
          return CreateAccountResponse.newBuilder()
              .setAccount(Account.newBuilder().setAccountId(r.getAccountId()))
              .build();
        });
  }

  @Override
  public void getBalance(GetBalanceRequest r, StreamObserver<GetBalanceResponse> out) {
    Money balance = Amounts.money("EUR", balanceOf(r.getAccountId()));
    out.onNext(
        GetBalanceResponse.newBuilder()
            .setBalance(Balance.newBuilder().setPosted(balance).setAvailable(balance))
            .build());
    out.onCompleted();
  }

  @Override
  public void deposit(DepositRequest r, StreamObserver<DepositResponse> out) {
    answer(
        out,
        r.getRequestId(),
        () -> {
          Transaction.Builder tx = begin(TransactionKind.TRANSACTION_KIND_DEPOSIT);
          post(tx, r.getAccountId(), Amounts.decimal(r.getAmount()), r.getDescription());
          return DepositResponse.newBuilder().setTransaction(tx).build();
        });
  }

  @Override
  public void withdraw(WithdrawRequest r, StreamObserver<WithdrawResponse> out) {
    answer(
        out,
        r.getRequestId(),
        () -> {
          requireFunds(r.getAccountId(), r.getAmount());
          Transaction.Builder tx = begin(TransactionKind.TRANSACTION_KIND_WITHDRAWAL);
          post(tx, r.getAccountId(), Amounts.decimal(r.getAmount()).negate(), r.getDescription());
          return WithdrawResponse.newBuilder().setTransaction(tx).build();
        });
  }

  @Override
  public void transfer(TransferRequest r, StreamObserver<TransferResponse> out) {
    answer(
        out,
        r.getRequestId(),
        () -> {
          requireFunds(r.getSourceAccountId(), r.getAmount());
          BigDecimal amount = Amounts.decimal(r.getAmount());
          Transaction.Builder tx = begin(TransactionKind.TRANSACTION_KIND_TRANSFER);
          post(tx, r.getSourceAccountId(), amount.negate(), r.getDescription());
          post(tx, r.getDestinationAccountId(), amount, r.getDescription());
          return TransferResponse.newBuilder().setTransaction(tx).build();
        });
  }

  @Override
  public void getStatement(GetStatementRequest r, StreamObserver<GetStatementResponse> out) {
    List<StatementEntry> all =
        statement(r.getAccountId()).stream()
            .filter(e -> e.getCommitTime().getSeconds() >= r.getStartTime().getSeconds())
            .toList();
    int from = r.getPageToken().isEmpty() ? 0 : Integer.parseInt(r.getPageToken());
    int to = Math.min(from + PAGE, all.size());
    BigDecimal closing = balanceOf(r.getAccountId());
    BigDecimal turnover =
        all.stream()
            .map(e -> Amounts.decimal(e.getAmount()))
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    out.onNext(
        GetStatementResponse.newBuilder()
            .setOpeningBalance(Amounts.money("EUR", closing.subtract(turnover)))
            .addAllEntries(all.subList(from, to))
            .setClosingBalance(Amounts.money("EUR", closing))
            .setNextPageToken(to < all.size() ? String.valueOf(to) : "")
            .build());
    out.onCompleted();
  }

  static StatusRuntimeException refusal(Code code, String reason, Map<String, String> metadata) {
    return error(
        code,
        Any.pack(
            ErrorInfo.newBuilder()
                .setDomain("mbank.dev")
                .setReason(reason)
                .putAllMetadata(metadata)
                .build()));
  }

  static StatusRuntimeException error(Code code, Any... details) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(code.getNumber())
            .setMessage("in the bank's words")
            .addAllDetails(List.of(details))
            .build());
  }

  private void requireFunds(String accountId, Money amount) {
    BigDecimal available = balanceOf(accountId);
    if (available.compareTo(Amounts.decimal(amount)) < 0) {
      throw refusal(
          Code.FAILED_PRECONDITION,
          "INSUFFICIENT_FUNDS",
          Map.of(
              "account_id",
              accountId,
              "currency_code",
              "EUR",
              "available",
              Amounts.number(Amounts.money("EUR", available)),
              "requested",
              Amounts.number(amount)));
    }
  }

  private BigDecimal balanceOf(String accountId) {
    return balances.getOrDefault(accountId, BigDecimal.ZERO);
  }

  private List<StatementEntry> statement(String accountId) {
    return statements.computeIfAbsent(accountId, id -> new ArrayList<>());
  }

  private Transaction.Builder begin(TransactionKind kind) {
    sequence++;
    return Transaction.newBuilder()
        .setTransactionId("tx-" + sequence)
        .setSequence(sequence)
        .setKind(kind)
        .setCommitTime(Timestamp.newBuilder().setSeconds(1_700_000_000 + sequence));
  }

  private void post(
      Transaction.Builder tx, String accountId, BigDecimal amount, String description) {
    Money balance = Amounts.money("EUR", balances.merge(accountId, amount, BigDecimal::add));
    tx.addEntries(
        Entry.newBuilder()
            .setAccountId(accountId)
            .setAmount(Amounts.money("EUR", amount))
            .setBalance(balance));
    statement(accountId)
        .add(
            StatementEntry.newBuilder()
                .setTransactionId(tx.getTransactionId())
                .setKind(tx.getKind())
                .setAmount(Amounts.money("EUR", amount))
                .setBalance(balance)
                .setDescription(description)
                .setCommitTime(tx.getCommitTime())
                .build());
  }

  /** The same request id gets the same answer. */
  @SuppressWarnings("unchecked")
  private <A extends Message> void answer(
      StreamObserver<A> out, String requestId, Supplier<A> action) {
    try {
      A answer = (A) answers.get(requestId);
      if (answer == null) {
        answer = action.get();
        answers.put(requestId, answer);
      }
      out.onNext(answer);
      out.onCompleted();
    } catch (StatusRuntimeException e) {
      out.onError(e);
    }
  }
}
