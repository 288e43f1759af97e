package dev.mbank.server.grpc;

import static java.util.Objects.requireNonNull;

import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.OverloadedException;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Payment;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Transaction;
import dev.mbank.server.security.Action;
import dev.mbank.server.security.Peer;
import dev.mbank.server.security.PolicyInForce;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.CreateAccountResponse;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.GetAccountRequest;
import dev.mbank.v1.GetAccountResponse;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetBalanceResponse;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.GetStatementResponse;
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.GetTransactionResponse;
import dev.mbank.v1.ListAccountsRequest;
import dev.mbank.v1.ListAccountsResponse;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.TransferResponse;
import dev.mbank.v1.WithdrawRequest;
import dev.mbank.v1.WithdrawResponse;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.Supplier;
import net.devh.boot.grpc.server.service.GrpcService;

/**
 * The contract's methods. Each decodes its request, asks for permission, and then either hands a
 * command to the writer, whose answer is sent when it comes, or reads on the read executor.
 */
@GrpcService
class BankGrpcService implements BindableService, BankServiceGrpc.AsyncService {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final GroupCommitWriter writer;
  private final LedgerQueries queries;
  private final Listings listings;
  private final PolicyInForce policy;
  private final ExecutorService readExecutor;

  BankGrpcService(
      GroupCommitWriter writer,
      LedgerQueries queries,
      PolicyInForce policy,
      ExecutorService readExecutor) {
    this.writer = writer;
    this.queries = queries;
    this.listings = new Listings(queries);
    this.policy = policy;
    this.readExecutor = readExecutor;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return LenientRequests.in(BankServiceGrpc.bindService(this));
  }

  @Override
  public void createAccount(
      CreateAccountRequest request, StreamObserver<CreateAccountResponse> response) {
    CreateAccount command = RequestMapper.createAccount(request, Caller.current());
    access(Caller.current(), Action.OPEN_ACCOUNT);
    submit(
        command,
        response,
        opening ->
            CreateAccountResponse.newBuilder()
                .setAccount(ResponseMapper.account(command.opened(opening.commitTime())))
                .build());
  }

  @Override
  public void deposit(DepositRequest request, StreamObserver<DepositResponse> response) {
    Deposit command = RequestMapper.deposit(request, Caller.current());
    pay(
        command,
        Action.DEPOSIT,
        response,
        transaction -> DepositResponse.newBuilder().setTransaction(transaction).build());
  }

  @Override
  public void withdraw(WithdrawRequest request, StreamObserver<WithdrawResponse> response) {
    Withdraw command = RequestMapper.withdraw(request, Caller.current());
    pay(
        command,
        Action.WITHDRAW,
        response,
        transaction -> WithdrawResponse.newBuilder().setTransaction(transaction).build());
  }

  @Override
  public void transfer(TransferRequest request, StreamObserver<TransferResponse> response) {
    Transfer command = RequestMapper.transfer(request, Caller.current());
    pay(
        command,
        Action.TRANSFER,
        response,
        transaction -> TransferResponse.newBuilder().setTransaction(transaction).build());
  }

  @Override
  public void getAccount(GetAccountRequest request, StreamObserver<GetAccountResponse> response) {
    AccountId id = RequestMapper.accountId(request.getAccountId(), "account_id");
    Access access = access(Caller.current(), Action.READ);
    read(
        response,
        () ->
            GetAccountResponse.newBuilder()
                .setAccount(ResponseMapper.account(listings.account(access, id)))
                .build());
  }

  @Override
  public void listAccounts(
      ListAccountsRequest request, StreamObserver<ListAccountsResponse> response) {
    int pageSize = RequestMapper.pageSize(request.getPageSize());
    long after = Listings.accountsAfter(request.getPageToken());
    Access access = access(Caller.current(), Action.READ);
    read(response, () -> listings.accounts(access, after, pageSize));
  }

  @Override
  public void getBalance(GetBalanceRequest request, StreamObserver<GetBalanceResponse> response) {
    AccountId id = RequestMapper.accountId(request.getAccountId(), "account_id");
    Access access = access(Caller.current(), Action.READ);
    read(
        response,
        () ->
            GetBalanceResponse.newBuilder()
                .setBalance(ResponseMapper.balance(listings.balance(access, id)))
                .build());
  }

  @Override
  public void getTransaction(
      GetTransactionRequest request, StreamObserver<GetTransactionResponse> response) {
    long sequence = RequestMapper.sequence(request.getTransactionId());
    Access access = access(Caller.current(), Action.READ);
    read(
        response,
        () ->
            GetTransactionResponse.newBuilder()
                .setTransaction(
                    ResponseMapper.transaction(listings.transaction(access, sequence), access::to))
                .build());
  }

  @Override
  public void getStatement(
      GetStatementRequest request, StreamObserver<GetStatementResponse> response) {
    StatementRequest statement = StatementRequest.of(request);
    Access access = access(Caller.current(), Action.READ);
    read(response, () -> listings.statement(access, statement));
  }

  private Access access(Peer peer, Action action) {
    return Access.of(policy.current(), peer.identity(), action, queries);
  }

  private <A> void pay(
      Payment command,
      Action action,
      StreamObserver<A> response,
      Function<dev.mbank.v1.Transaction, A> wrap) {
    Access access = access(Caller.current(), action);
    if (access.toEverything()) {
      submit(command, response, done -> wrap.apply(ResponseMapper.transaction(done, id -> true)));
      return;
    }
    // The payee's balance is not the payer's to see, whoever owns the account now or later: so a
    // repeat is answered with the same bytes.
    Function<Transaction, A> answer =
        done -> wrap.apply(ResponseMapper.transaction(done, command.source()::equals));
    Runnable work =
        () ->
            attempt(
                response,
                () -> {
                  access.require(command.source());
                  submit(command, response, answer);
                });
    readExecutor.execute(Context.current().wrap(work));
  }

  private <A> void submit(
      Command command, StreamObserver<A> response, Function<Transaction, A> answer) {
    AuditedCall<?, ?> audited = AuditedCall.current();
    var unused =
        writer
            .submit(command)
            .whenComplete(
                (decision, failure) -> {
                  if (failure != null) {
                    response.onError(failure);
                  } else if (requireNonNull(decision) instanceof Posted posted) {
                    audited.done(command, posted.transaction());
                    send(response, () -> answer.apply(posted.transaction()));
                  } else {
                    response.onError(new RefusedException((Refused) decision));
                  }
                });
  }

  private <A> void read(StreamObserver<A> response, Supplier<A> query) {
    var call = (ServerCallStreamObserver<A>) response;
    readExecutor.execute(
        () -> {
          // Whoever hung up while it waited, or reads no answers, must not hold up the others.
          if (call.isCancelled()) {
            return;
          }
          if (call.isReady()) {
            send(call, query);
          } else {
            String full = "answers of this connection that wait to be read: too many";
            call.onError(new OverloadedException(full, RETRY_AFTER));
          }
        });
  }

  private static <A> void send(StreamObserver<A> response, Supplier<A> answer) {
    attempt(
        response,
        () -> {
          response.onNext(answer.get());
          response.onCompleted();
        });
  }

  /** Off the transport's thread nobody else turns what is thrown into an answer. */
  private static void attempt(StreamObserver<?> response, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      response.onError(e);
    }
  }
}
