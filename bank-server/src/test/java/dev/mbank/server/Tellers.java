package dev.mbank.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Message;
import dev.mbank.server.commit.ReplayedLedger;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.store.WrittenJournal;
import dev.mbank.v1.Transaction;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that bank, each request until it is answered, by any of the servers of one journal; some
 * requests by two of them at the same time. After many an answer they read, by any server, and see
 * at least what they were told.
 */
final class Tellers implements AutoCloseable {
  private static final int CALLS_AT_ONCE = 200;
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final Duration patience;
  private final List<TestClient> servers;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> ends = new ArrayList<>();
  private final Map<Message, Message> answered = new ConcurrentHashMap<>();
  private final Set<String> faults = ConcurrentHashMap.newKeySet();
  private final AtomicLong longestNanos = new AtomicLong();
  private volatile boolean ending;

  /**
   * Begins to bank.
   *
   * @param patience how long a call may take
   */
  Tellers(int count, Duration patience, TestClient... servers) {
    this.patience = patience;
    this.servers = new CopyOnWriteArrayList<>(servers);
    long seed = System.nanoTime();
    for (int i = 0; i < count; i++) {
      Random random = new Random(seed + i);
      ends.add(threads.submit(() -> bank(random)));
    }
  }

  /** A server was started again, and listens elsewhere. */
  void exchange(int server, TestClient client) {
    servers.set(server, client);
  }

  /** How many requests are answered for good. */
  int answered() {
    return answered.size();
  }

  /** Why some were not, at first: the contract's reasons, and the codes of gRPC's own errors. */
  Set<String> faults() {
    return faults;
  }

  /** What the slowest call took, whatever it came to. */
  Duration longest() {
    return Duration.ofNanos(longestNanos.get());
  }

  /** Waits until all that was sent is answered. */
  void finish() throws Exception {
    ending = true;
    for (Future<?> end : ends) {
      end.get(60, SECONDS);
    }
  }

  private void bank(Random random) {
    while (!ending) {
      Message request = Banking.any(random);
      int server = random.nextInt(servers.size());
      Message answer;
      if (random.nextInt(5) == 0) {
        int other = random.nextInt(servers.size());
        Future<Message> twin = threads.submit(() -> untilAnswered(request, other));
        answer = untilAnswered(request, server);
        try {
          assertThat(twin.get(60, SECONDS)).isEqualTo(answer);
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      } else {
        answer = untilAnswered(request, server);
      }
      answered.put(request, answer);
      Transaction told = Banking.transaction(answer);
      if (told != null && random.nextInt(3) == 0) {
        assertSeen(told, random.nextInt(servers.size()));
      }
    }
  }

  private Message untilAnswered(Message request, int first) {
    for (int server = first; ; server = (server + 1) % servers.size()) {
      TestClient client = servers.get(server);
      long start = System.nanoTime();
      try {
        var bank = client.bankAsync().withDeadlineAfter(patience.toMillis(), MILLISECONDS);
        return Banking.outcome(Banking.call(bank, request));
      } catch (StatusRuntimeException e) {
        note(e);
      } finally {
        time(start);
      }
    }
  }

  private void assertSeen(Transaction told, int server) {
    long start = System.nanoTime();
    try {
      var bank = servers.get(server).bank().withDeadlineAfter(patience.toMillis(), MILLISECONDS);
      assertThat(Banking.end(bank))
          .as("the end of the journal, after an answer at %s", told.getSequence())
          .isGreaterThanOrEqualTo(told.getSequence());
    } catch (StatusRuntimeException e) {
      note(e);
    } finally {
      time(start);
    }
  }

  private void note(StatusRuntimeException fault) {
    String reason = TestClient.reason(fault);
    faults.add(reason.startsWith("none: ") ? fault.getStatus().getCode().name() : reason);
    LockSupport.parkNanos(PAUSE.toNanos());
  }

  private void time(long start) {
    longestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
  }

  /**
   * Replays the journal through the pure ledger; holds it against every answer; and repeats every
   * request at every server, which changes nothing.
   */
  void assertBooks(String url) throws Exception {
    List<Outcome> journal = WrittenJournal.read(url);
    ReplayedLedger ledger = ReplayedLedger.of(journal);
    Map<String, Outcome> outcomes = new HashMap<>();
    journal.forEach(each -> outcomes.put(each.command().key().requestId().toString(), each));
    answered.forEach(
        (request, answer) -> assertSame(outcomes.get(Banking.requestId(request)), answer));
    List<Message> requests = List.copyOf(answered.keySet());
    for (TestClient client : servers) {
      for (int from = 0; from < requests.size(); from += CALLS_AT_ONCE) {
        assertRepeated(
            client, requests.subList(from, Math.min(requests.size(), from + CALLS_AT_ONCE)));
      }
      for (String account : Banking.ACCOUNTS) {
        AccountBalance expected = ledger.account(new AccountId(account));
        if (expected != null) {
          assertThat(Banking.balance(client.bank(), account).getPosted().getUnits() * 100)
              .as(account)
              .isEqualTo(expected.balance());
        }
      }
      assertThat(Banking.end(client.bank())).isEqualTo(ledger.sequence());
    }
    assertThat(WrittenJournal.read(url)).as("after the repeats").isEqualTo(journal);
  }

  private void assertRepeated(TestClient client, List<Message> requests) {
    List<ListenableFuture<? extends Message>> calls = new ArrayList<>();
    requests.forEach(request -> calls.add(Banking.call(client.bankAsync(), request)));
    for (int i = 0; i < requests.size(); i++) {
      Message first = answered.get(requests.get(i));
      assertThat(Banking.outcome(calls.get(i)).toByteString()).isEqualTo(first.toByteString());
    }
  }

  private static void assertSame(Outcome written, Message answer) {
    assertThat(written).as("in the journal: %s", answer).isNotNull();
    if (written.decision() instanceof Refused refused) {
      assertThat(answer).isInstanceOf(com.google.rpc.Status.class);
      assertThat(answer.toString()).contains(refused.refusal().name());
      return;
    }
    assertThat(answer).isNotInstanceOf(com.google.rpc.Status.class);
    Transaction told = Banking.transaction(answer);
    if (told != null) {
      var posted = ((Posted) written.decision()).transaction();
      assertThat(told.getSequence()).isEqualTo(posted.sequence());
      for (int i = 0; i < told.getEntriesCount(); i++) {
        assertThat(told.getEntries(i).getBalance().getUnits() * 100)
            .isEqualTo(posted.entries().get(i).balance());
      }
    }
  }

  @Override
  public void close() {
    ending = true;
    threads.shutdownNow();
  }
}
