package dev.mbank.server;

import com.google.common.base.Throwables;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.GetBalanceRequest;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Banks without a pause, on a connection that it keeps, and every so often on a new one. */
final class GoodClient implements AutoCloseable {
  private static final int CALLS_ON_KEPT = 20;

  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile boolean ended;
  private final AtomicLong answered = new AtomicLong();

  GoodClient(Issued ca, Issued own, int port) {
    thread = new Thread(() -> bank(ca, own, port), "good client");
    thread.start();
  }

  private void bank(Issued ca, Issued own, int port) {
    try (TestClient kept = TestClient.trusting(ca, own, port)) {
      var unused = kept.bank().createAccount(TestClient.opening("good"));
      while (!ended) {
        for (int i = 0; i < CALLS_ON_KEPT && !ended; i++) {
          bankOnce(kept);
        }
        try (TestClient fresh = TestClient.trusting(ca, own, port)) {
          bankOnce(fresh);
        }
      }
    }
  }

  private void bankOnce(TestClient client) {
    try {
      Object unused = client.bank().deposit(TestClient.deposit("good", 1));
      unused =
          client.bank().getBalance(GetBalanceRequest.newBuilder().setAccountId("good").build());
      answered.incrementAndGet();
    } catch (RuntimeException e) {
      failures.add(Instant.now() + " " + e + " because of " + Throwables.getRootCause(e));
    }
  }

  long answered() {
    return answered.get();
  }

  List<String> failures() {
    return failures;
  }

  @Override
  public void close() {
    ended = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
