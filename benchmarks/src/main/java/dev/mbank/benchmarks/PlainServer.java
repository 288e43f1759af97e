package dev.mbank.benchmarks;

import com.google.type.Money;
import com.zaxxer.hikari.HikariDataSource;
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
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.GetTransactionResponse;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransactionKind;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.TransferResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The plain way: a database transaction for each request, which locks the rows of its accounts, in
 * one order; a pool of connections and gRPC's threads as they come. It says the same as the bank,
 * as far as the load asks, and leaves out identity, roles, audit trail, metrics and access log.
 */
final class PlainServer extends BankServiceGrpc.BankServiceImplBase {
  private static final String SETTLEMENT = "settlement-eur";
  private static final List<String> SCHEMA =
      List.of(
          "CREATE TABLE account (account_id text PRIMARY KEY, display_name text NOT NULL,"
              + " balance bigint NOT NULL)",
          "CREATE TABLE transaction (sequence bigserial PRIMARY KEY, request_id uuid NOT NULL"
              + " UNIQUE, kind text NOT NULL, description text NOT NULL,"
              + " commit_time timestamptz NOT NULL DEFAULT now())",
          "CREATE TABLE entry (sequence bigint NOT NULL REFERENCES transaction,"
              + " account_id text NOT NULL REFERENCES account, amount bigint NOT NULL,"
              + " balance bigint NOT NULL, PRIMARY KEY (account_id, sequence))",
          "INSERT INTO account VALUES ('settlement-eur', '', 0)");

  private final JdbcTemplate jdbc;
  private final TransactionTemplate transactions;

  private PlainServer(HikariDataSource pool) {
    jdbc = new JdbcTemplate(pool);
    transactions = new TransactionTemplate(new DataSourceTransactionManager(pool));
  }

  /** Starts it and says where; it ends with its standard input, that is, with its parent. */
  public static void main(String[] arguments) throws Exception {
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(arguments[1]);
    PlainServer service = new PlainServer(pool);
    SCHEMA.forEach(service.jdbc::execute);
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(Tls.server(Path.of(arguments[0])))
            .addService(service)
            .build()
            .start();
    System.out.println("ready: " + server.getPort());
    while (System.in.read() >= 0) {}
    server.shutdownNow();
    pool.close();
  }

  @Override
  public void createAccount(
      CreateAccountRequest request, StreamObserver<CreateAccountResponse> reply) {
    answer(
        reply,
        () -> {
          insert(request.getRequestId(), "ACCOUNT_OPENING", request.getDisplayName());
          jdbc.update(
              "INSERT INTO account VALUES (?, ?, 0)",
              request.getAccountId(),
              request.getDisplayName());
          Account account =
              Account.newBuilder()
                  .setAccountId(request.getAccountId())
                  .setState(AccountState.ACCOUNT_STATE_OPEN)
                  .build();
          return CreateAccountResponse.newBuilder().setAccount(account).build();
        });
  }

  @Override
  public void deposit(DepositRequest request, StreamObserver<DepositResponse> reply) {
    answer(
        reply,
        () ->
            DepositResponse.newBuilder()
                .setTransaction(
                    move(
                        request.getRequestId(),
                        TransactionKind.TRANSACTION_KIND_DEPOSIT,
                        SETTLEMENT,
                        request.getAccountId(),
                        request.getAmount(),
                        request.getDescription()))
                .build());
  }

  @Override
  public void transfer(TransferRequest request, StreamObserver<TransferResponse> reply) {
    answer(
        reply,
        () ->
            TransferResponse.newBuilder()
                .setTransaction(
                    move(
                        request.getRequestId(),
                        TransactionKind.TRANSACTION_KIND_TRANSFER,
                        request.getSourceAccountId(),
                        request.getDestinationAccountId(),
                        request.getAmount(),
                        request.getDescription()))
                .build());
  }

  @Override
  public void getBalance(GetBalanceRequest request, StreamObserver<GetBalanceResponse> reply) {
    answer(
        reply,
        () ->
            jdbc.queryForObject(
                "SELECT balance, (SELECT max(sequence) FROM transaction) FROM account"
                    + " WHERE account_id = ?",
                (row, number) -> {
                  Money posted = money(row.getLong(1));
                  return GetBalanceResponse.newBuilder()
                      .setBalance(
                          Balance.newBuilder()
                              .setPosted(posted)
                              .setAvailable(posted)
                              .setSequence(row.getLong(2)))
                      .build();
                },
                request.getAccountId()));
  }

  @Override
  public void getTransaction(
      GetTransactionRequest request, StreamObserver<GetTransactionResponse> reply) {
    long sequence = Long.parseLong(request.getTransactionId().substring("tx-".length()));
    answer(
        reply,
        () ->
            jdbc.queryForObject(
                "SELECT request_id FROM transaction WHERE sequence = ?",
                (row, number) ->
                    GetTransactionResponse.newBuilder()
                        .setTransaction(Transaction.newBuilder().setRequestId(row.getString(1)))
                        .build(),
                sequence));
  }

  /** All that the answer takes is one transaction, committed before it is given. */
  private <T> void answer(StreamObserver<T> reply, Supplier<T> work) {
    try {
      reply.onNext(transactions.execute(status -> work.get()));
      reply.onCompleted();
    } catch (RuntimeException e) {
      reply.onError(Status.INTERNAL.withDescription(e.toString()).asRuntimeException());
    }
  }

  private Transaction move(
      String requestId,
      TransactionKind kind,
      String source,
      String destination,
      Money amount,
      String description) {
    long sequence = insert(requestId, kind.name(), description);
    Map<String, Long> balances = new HashMap<>();
    jdbc.query(
        "SELECT account_id, balance FROM account WHERE account_id IN (?, ?)"
            + " ORDER BY account_id FOR UPDATE",
        row -> {
          balances.put(row.getString(1), row.getLong(2));
        },
        source,
        destination);
    long cents = amount.getUnits() * 100 + amount.getNanos() / 10_000_000;
    long from = balances.get(source) - cents;
    long to = balances.get(destination) + cents;
    if (from < 0 && !source.equals(SETTLEMENT)) {
      throw new IllegalStateException("insufficient funds");
    }
    jdbc.batchUpdate(
        "UPDATE account SET balance = ? WHERE account_id = ?",
        List.of(new Object[] {from, source}, new Object[] {to, destination}));
    jdbc.batchUpdate(
        "INSERT INTO entry (sequence, account_id, amount, balance) VALUES (?, ?, ?, ?)",
        List.of(
            new Object[] {sequence, source, -cents, from},
            new Object[] {sequence, destination, cents, to}));
    return Transaction.newBuilder()
        .setTransactionId("tx-" + sequence)
        .setSequence(sequence)
        .setRequestId(requestId)
        .setKind(kind)
        .addEntries(entry(source, -cents, from))
        .addEntries(entry(destination, cents, to))
        .setDescription(description)
        .build();
  }

  /** The row that makes a request unique; a repeat is refused here, which the load never does. */
  private long insert(String requestId, String kind, String description) {
    Long sequence =
        jdbc.queryForObject(
            "INSERT INTO transaction (request_id, kind, description) VALUES (?, ?, ?)"
                + " RETURNING sequence",
            Long.class,
            UUID.fromString(requestId),
            kind,
            description);
    if (sequence == null) {
      throw new IllegalStateException("no sequence");
    }
    return sequence;
  }

  private static Entry entry(String account, long amount, long balance) {
    return Entry.newBuilder()
        .setAccountId(account)
        .setAmount(money(amount))
        .setBalance(money(balance))
        .build();
  }

  private static Money money(long cents) {
    return Money.newBuilder()
        .setCurrencyCode("EUR")
        .setUnits(cents / 100)
        .setNanos((int) (cents % 100) * 10_000_000)
        .build();
  }
}
