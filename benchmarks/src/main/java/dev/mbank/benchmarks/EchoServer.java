package dev.mbank.benchmarks;

import com.google.protobuf.Timestamp;
import com.google.type.Money;
import dev.mbank.v1.Account;
import dev.mbank.v1.AccountState;
import dev.mbank.v1.Balance;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.CreateAccountResponse;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.Entry;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetBalanceResponse;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransactionKind;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.TransferResponse;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The limit: gRPC as bare as it gets, on the transport's own threads. It answers at once, with what
 * the bank would say, and keeps nothing.
 */
final class EchoServer extends BankServiceGrpc.BankServiceImplBase {
  private static final Transaction TRANSACTION =
      Transaction.newBuilder()
          .setTransactionId("tx-1234567")
          .setSequence(1_234_567)
          .setRequestId(new UUID(0x0192_0000_0000_7000L, Long.MIN_VALUE).toString())
          .setKind(TransactionKind.TRANSACTION_KIND_TRANSFER)
          .addEntries(entry("account-0001", -1))
          .addEntries(entry("account-0002", 1))
          .setDescription(Requests.DESCRIPTION)
          .setCommitTime(Timestamp.newBuilder().setSeconds(1_764_000_000).setNanos(123_456_000))
          .build();

  /** Starts it and says where; it ends with its standard input, that is, with its parent. */
  public static void main(String[] arguments) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(Tls.server(Path.of(arguments[0])))
            .directExecutor()
            .addService(new EchoServer())
            .build()
            .start();
    System.out.println("ready: " + server.getPort());
    while (System.in.read() >= 0) {}
    server.shutdownNow();
  }

  @Override
  public void createAccount(
      CreateAccountRequest request, StreamObserver<CreateAccountResponse> reply) {
    Account account =
        Account.newBuilder()
            .setAccountId(request.getAccountId())
            .setState(AccountState.ACCOUNT_STATE_OPEN)
            .build();
    answer(CreateAccountResponse.newBuilder().setAccount(account).build(), reply);
  }

  @Override
  public void deposit(DepositRequest request, StreamObserver<DepositResponse> reply) {
    answer(DepositResponse.newBuilder().setTransaction(TRANSACTION).build(), reply);
  }

  @Override
  public void transfer(TransferRequest request, StreamObserver<TransferResponse> reply) {
    answer(TransferResponse.newBuilder().setTransaction(TRANSACTION).build(), reply);
  }

  @Override
  public void getBalance(GetBalanceRequest request, StreamObserver<GetBalanceResponse> reply) {
    Balance balance =
        Balance.newBuilder()
            .setPosted(money(100_000))
            .setAvailable(money(100_000))
            .setSequence(1_234_567)
            .build();
    answer(GetBalanceResponse.newBuilder().setBalance(balance).build(), reply);
  }

  private static <T> void answer(T message, StreamObserver<T> reply) {
    reply.onNext(message);
    reply.onCompleted();
  }

  private static Entry entry(String account, long units) {
    return Entry.newBuilder()
        .setAccountId(account)
        .setAmount(money(units))
        .setBalance(money(1_000_000 + units))
        .build();
  }

  private static Money money(long units) {
    return Money.newBuilder().setCurrencyCode("EUR").setUnits(units).build();
  }
}
