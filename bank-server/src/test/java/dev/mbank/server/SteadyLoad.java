package dev.mbank.server;

import static org.awaitility.Awaitility.await;

import com.google.common.base.Throwables;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.GetBalanceRequest;
import io.grpc.ManagedChannel;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** Callers that deposit and read without a pause, and remember each call that failed. */
final class SteadyLoad implements AutoCloseable {
  private static final int CALLERS = 4;
  private static final long DEADLINE_SECONDS = 20;

  private final ManagedChannel channel;
  private final String account;
  private final AtomicLong answered = new AtomicLong();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> callers;
  private volatile boolean stopped;

  /**
   * Begins.
   *
   * @param account that is open
   */
  SteadyLoad(ManagedChannel channel, String account) {
    this.channel = channel;
    this.account = account;
    this.callers =
        IntStream.range(0, CALLERS).mapToObj(i -> new Thread(this::call, "caller-" + i)).toList();
    callers.forEach(Thread::start);
    awaitMore(CALLERS);
  }

  private void call() {
    var balance = GetBalanceRequest.newBuilder().setAccountId(account).build();
    while (!stopped) {
      try {
        var bank =
            BankServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
        bank.deposit(TestClient.deposit(account, 1));
        bank.getBalance(balance);
        answered.addAndGet(2);
      } catch (RuntimeException e) {
        failures.add(Instant.now() + " " + e + " because of " + Throwables.getRootCause(e));
      }
    }
  }

  /** Waits until so many more calls were answered. */
  void awaitMore(long calls) {
    long enough = answered.get() + calls;
    await().atMost(30, TimeUnit.SECONDS).until(() -> answered.get() >= enough);
  }

  /** The calls that failed so far. */
  Queue<String> failures() {
    return failures;
  }

  @Override
  public void close() {
    stopped = true;
    for (Thread caller : callers) {
      try {
        caller.join(TimeUnit.SECONDS.toMillis(DEADLINE_SECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
