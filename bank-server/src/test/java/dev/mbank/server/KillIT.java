package dev.mbank.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.util.concurrent.ListenableFuture;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.Balance;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.Entry;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.GetStatementResponse;
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.GetTransactionResponse;
import dev.mbank.v1.StatementEntry;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransactionKind;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the server, the real jar in a process of its own, while clients deposit; starts it again on
 * the same database, and compares the books with what the clients were told. Several times over.
 */
class KillIT {
  private static final int ROUNDS = 4;
  private static final int THREADS = 32;
  private static final int MAX_ANSWERS_PER_ROUND = 1000;
  private static final int CALLS_AT_ONCE = 200;
  private static final List<String> ACCOUNTS = List.of("alpha", "beta", "gamma");
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir Path folder;

  /** What was answered, for good. */
  private final Map<DepositRequest, DepositResponse> answered = new ConcurrentHashMap<>();

  /** What was sent and not answered: it may have been done, or not. */
  private final Set<DepositRequest> unanswered = ConcurrentHashMap.newKeySet();

  @BeforeEach
  void makeCertificates() {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
  }

  @Test
  void kill_inMidLoad_losesNothingThatWasAnsweredAndRetriesApplyOnce() throws Exception {
    long seed = System.nanoTime();
    System.out.println("KillIT: seed " + seed);
    Random random = new Random(seed);
    for (int round = 1; round <= ROUNDS; round++) {
      try (ServerProcess server = startServer();
          TestClient client = TestClient.trusting(CA, CLIENT, server.awaitReady())) {
        compare(client);
        int answers = 1 + random.nextInt(MAX_ANSWERS_PER_ROUND);
        depositUntilKilled(server, client, answers, random.nextLong());
        assertEquals(128 + 9, server.awaitExit());
        System.out.printf(
            "KillIT: round %d, killed at answer %d, %d answered so far, %d not%n",
            round, answers, answered.size(), unanswered.size());
      }
    }
    try (ServerProcess server = startServer();
        TestClient client = TestClient.trusting(CA, CLIENT, server.awaitReady())) {
      compare(client);
    }
  }

  private ServerProcess startServer() {
    Map<String, String> variables =
        Map.of(
            "DATABASE_URL", "jdbc:sqlite:bank.db",
            "CA_FILE", "ca.crt",
            "CERT_FILE", "server.crt",
            "KEY_FILE", "server.key");
    return ServerProcess.startQuickly(folder, variables);
  }

  /** Deposits from several threads; the one that gets the last answer kills the server. */
  private void depositUntilKilled(ServerProcess server, TestClient client, int answers, long seed)
      throws Exception {
    AtomicInteger left = new AtomicInteger(answers);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(seed + i);
        ends.add(threads.submit(() -> depositUntilKilled(server, client, left, random)));
      }
      for (Future<?> end : ends) {
        end.get(60, SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void depositUntilKilled(
      ServerProcess server, TestClient client, AtomicInteger left, Random random) {
    while (true) {
      DepositRequest request =
          TestClient.deposit(
              ACCOUNTS.get(random.nextInt(ACCOUNTS.size())), 1 + random.nextInt(1000));
      unanswered.add(request);
      try {
        answered.put(request, client.bank().deposit(request));
        unanswered.remove(request);
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(left.get()).as("answers before the kill; %s", e).isNotPositive();
        return;
      }
      if (left.decrementAndGet() == 0) {
        server.kill();
      }
    }
  }

  /** Repeats everything, then holds the journal, balances and statements against the answers. */
  private void compare(TestClient client) throws Exception {
    for (String account : ACCOUNTS) {
      client.bank().createAccount(TestClient.opening(account)); // The same request every time.
    }
    long before = balances(client);
    List<DepositRequest> known = List.copyOf(answered.keySet());
    List<DepositResponse> repeated = all(known, request -> client.bankAsync().deposit(request));
    for (int i = 0; i < known.size(); i++) {
      assertEquals(answered.get(known.get(i)), repeated.get(i), "the same answer again");
    }
    assertEquals(before, balances(client), "repeats that moved money");

    List<DepositRequest> retried = List.copyOf(unanswered);
    List<DepositResponse> answers = all(retried, request -> client.bankAsync().deposit(request));
    for (int i = 0; i < retried.size(); i++) {
      answered.put(retried.get(i), answers.get(i));
    }
    unanswered.clear();
    compareJournal(client);
  }

  private void compareJournal(TestClient client) throws Exception {
    long end = balance(client, ACCOUNTS.get(0)).getSequence();
    assertEquals(ACCOUNTS.size() + answered.size(), end, "openings and deposits");
    List<Transaction> journal =
        all(
                LongStream.rangeClosed(1, end).boxed().toList(),
                sequence -> client.bankAsync().getTransaction(transaction(sequence)))
            .stream()
            .map(GetTransactionResponse::getTransaction)
            .toList();
    for (int i = 0; i < end; i++) {
      assertEquals(i + 1, journal.get(i).getSequence());
    }

    Map<String, List<Transaction>> deposits =
        journal.stream()
            .filter(each -> each.getKind() == TransactionKind.TRANSACTION_KIND_DEPOSIT)
            .collect(groupingBy(Transaction::getRequestId));
    assertEquals(answered.size(), deposits.size(), "request ids");
    answered.forEach(
        (request, answer) ->
            assertEquals(List.of(answer.getTransaction()), deposits.get(request.getRequestId())));

    for (String account : ACCOUNTS) {
      compareStatement(client, account, journal);
    }
    long sum = answered.keySet().stream().mapToLong(each -> each.getAmount().getUnits()).sum();
    assertEquals(sum, balances(client), "balances and deposits");
  }

  private static void compareStatement(
      TestClient client, String account, List<Transaction> journal) {
    List<String> expected = new ArrayList<>();
    long running = 0;
    for (Transaction transaction : journal) {
      for (Entry entry : transaction.getEntriesList()) {
        if (entry.getAccountId().equals(account)) {
          long amount = entry.getAmount().getUnits();
          running += amount;
          assertEquals(running, entry.getBalance().getUnits(), "running balance");
          expected.add(transaction.getTransactionId() + " " + amount + " " + running);
        }
      }
    }
    List<String> actual = new ArrayList<>();
    GetStatementResponse page;
    String token = "";
    do {
      page =
          client
              .bank()
              .getStatement(
                  GetStatementRequest.newBuilder()
                      .setAccountId(account)
                      .setPageSize(1000)
                      .setPageToken(token)
                      .build());
      for (StatementEntry entry : page.getEntriesList()) {
        long amount = entry.getAmount().getUnits();
        actual.add(entry.getTransactionId() + " " + amount + " " + entry.getBalance().getUnits());
      }
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertEquals(expected, actual, account);
    assertEquals(running, page.getClosingBalance().getUnits(), account);
    assertEquals(running, balance(client, account).getPosted().getUnits(), account);
  }

  /** The answers to many calls, in their order; not so many at once that the server refuses. */
  private static <Q, A> List<A> all(List<Q> requests, Function<Q, ListenableFuture<A>> call)
      throws Exception {
    List<A> answers = new ArrayList<>();
    for (int from = 0; from < requests.size(); from += CALLS_AT_ONCE) {
      int to = Math.min(requests.size(), from + CALLS_AT_ONCE);
      for (ListenableFuture<A> each : requests.subList(from, to).stream().map(call).toList()) {
        answers.add(each.get(60, SECONDS));
      }
    }
    return answers;
  }

  private static GetTransactionRequest transaction(long sequence) {
    return GetTransactionRequest.newBuilder().setTransactionId("tx-" + sequence).build();
  }

  private static long balances(TestClient client) {
    return ACCOUNTS.stream().mapToLong(each -> balance(client, each).getPosted().getUnits()).sum();
  }

  private static Balance balance(TestClient client, String account) {
    var request = GetBalanceRequest.newBuilder().setAccountId(account).build();
    return client.bank().getBalance(request).getBalance();
  }
}
