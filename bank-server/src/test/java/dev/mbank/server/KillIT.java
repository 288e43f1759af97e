package dev.mbank.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Message;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.Entry;
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.GetTransactionResponse;
import dev.mbank.v1.Transaction;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the server, the real jar in a process of its own, at random moments while clients open
 * accounts and move money, refused commands among them; starts it again on the same database, and
 * compares the books with what the clients were told. Several times over.
 */
class KillIT {
  private static final int ROUNDS = 4;
  private static final int THREADS = 32;
  private static final int LONGEST_MILLIS = 1500;
  private static final int CALLS_AT_ONCE = 200;
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir Path folder;

  /** What was answered, for good: a response, or the status of a refusal. */
  private final Map<Message, Message> answered = new ConcurrentHashMap<>();

  /** What was sent and not answered: it may have been done, or not. */
  private final Set<Message> unanswered = ConcurrentHashMap.newKeySet();

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
        int millis = random.nextInt(LONGEST_MILLIS);
        bankUntilKilled(server, client, millis, random.nextLong());
        assertEquals(128 + 9, server.awaitExit());
        System.out.printf(
            "KillIT: round %d, killed after %d ms, %d answered so far, %d not%n",
            round, millis, answered.size(), unanswered.size());
      }
    }
    try (ServerProcess server = startServer();
        TestClient client = TestClient.trusting(CA, CLIENT, server.awaitReady())) {
      compare(client);
      assertThat(answered.values())
          .as("some of every kind of answer")
          .hasAtLeastOneElementOfType(com.google.rpc.Status.class)
          .anyMatch(each -> Banking.transaction(each) != null);
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

  /** Banks from several threads, until another one that knows nothing of them kills the server. */
  private void bankUntilKilled(ServerProcess server, TestClient client, int millis, long seed)
      throws Exception {
    AtomicBoolean killed = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(seed + i);
        ends.add(threads.submit(() -> bankUntilKilled(client, killed, random)));
      }
      CompletableFuture.delayedExecutor(millis, MILLISECONDS)
          .execute(
              () -> {
                killed.set(true);
                server.kill();
              });
      for (Future<?> end : ends) {
        end.get(60, SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void bankUntilKilled(TestClient client, AtomicBoolean killed, Random random) {
    while (true) {
      Message request = Banking.any(random);
      unanswered.add(request);
      try {
        answered.put(request, Banking.outcome(Banking.call(client.bankAsync(), request)));
        unanswered.remove(request);
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(killed).as("killed; %s", e).isTrue();
        return;
      }
    }
  }

  /** Repeats everything, then holds the journal and the balances against the answers. */
  private void compare(TestClient client) throws Exception {
    assertRepeated(client);
    List<Message> retried = List.copyOf(unanswered);
    List<Message> answers = all(client, retried);
    for (int i = 0; i < retried.size(); i++) {
      answered.put(retried.get(i), answers.get(i));
    }
    unanswered.clear();
    long end = Banking.end(client.bank());
    assertRepeated(client);
    assertEquals(end, Banking.end(client.bank()), "repeats that were done again");
    compareJournal(client, end);
  }

  private void assertRepeated(TestClient client) {
    List<Message> known = List.copyOf(answered.keySet());
    List<Message> repeated = all(client, known);
    for (int i = 0; i < known.size(); i++) {
      assertEquals(
          answered.get(known.get(i)).toByteString(),
          repeated.get(i).toByteString(),
          "the same answer again");
    }
  }

  private void compareJournal(TestClient client, long end) throws Exception {
    Map<String, Transaction> journal = new HashMap<>();
    Map<String, Long> balances = new HashMap<>();
    for (Transaction transaction : journal(client, end)) {
      assertThat(journal.put(transaction.getRequestId(), transaction)).as("done twice").isNull();
      long sum = 0;
      for (Entry entry : transaction.getEntriesList()) {
        long amount = entry.getAmount().getUnits();
        sum += amount;
        long balance = balances.merge(entry.getAccountId(), amount, Long::sum);
        assertEquals(entry.getBalance().getUnits(), balance, "running balance");
      }
      assertEquals(0, sum, "entries");
    }

    Set<String> done = new HashSet<>();
    answered.forEach(
        (request, answer) -> {
          String id = Banking.requestId(request);
          if (answer instanceof com.google.rpc.Status) {
            assertThat(journal).as("refused").doesNotContainKey(id);
          } else {
            done.add(id);
            assertThat(journal).containsKey(id);
            Transaction told = Banking.transaction(answer);
            assertThat(told == null ? journal.get(id) : told).isEqualTo(journal.get(id));
          }
        });
    assertEquals(done, journal.keySet());
    for (String account : Banking.ACCOUNTS) {
      Long expected = balances.get(account);
      if (expected != null) {
        assertEquals(
            expected, Banking.balance(client.bank(), account).getPosted().getUnits(), account);
        assertThat(expected).isNotNegative();
      }
    }
  }

  private static List<Transaction> journal(TestClient client, long end) throws Exception {
    List<Transaction> journal = new ArrayList<>();
    for (long from = 1; from <= end; from += CALLS_AT_ONCE) {
      List<ListenableFuture<GetTransactionResponse>> calls = new ArrayList<>();
      for (long sequence = from; sequence < Math.min(from + CALLS_AT_ONCE, end + 1); sequence++) {
        var request = GetTransactionRequest.newBuilder().setTransactionId("tx-" + sequence);
        calls.add(client.bankAsync().getTransaction(request.build()));
      }
      for (ListenableFuture<GetTransactionResponse> each : calls) {
        Transaction transaction = each.get(60, SECONDS).getTransaction();
        journal.add(transaction);
        assertEquals(journal.size(), transaction.getSequence());
      }
    }
    return journal;
  }

  /** The outcomes of many requests, in their order; not so many at once that the server refuses. */
  private static List<Message> all(TestClient client, List<Message> requests) {
    List<Message> outcomes = new ArrayList<>();
    for (int from = 0; from < requests.size(); from += CALLS_AT_ONCE) {
      int to = Math.min(requests.size(), from + CALLS_AT_ONCE);
      requests.subList(from, to).stream()
          .map(request -> Banking.call(client.bankAsync(), request))
          .toList()
          .forEach(call -> outcomes.add(Banking.outcome(call)));
    }
    return outcomes;
  }
}
