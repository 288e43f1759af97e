package dev.mbank.server.commit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Decision;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Transaction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A writer on a store in memory, with a clock that the test moves and a listener that remembers.
 */
final class WriterRig implements AutoCloseable {
  static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration SOON = Duration.ofSeconds(10);

  final FakeLedgerStore store = new FakeLedgerStore();
  final MovableClock clock = new MovableClock();

  /** What the listener was told, in order. */
  final List<Boolean> heard = new CopyOnWriteArrayList<>();

  /** What another listener throws whenever it is told something. */
  volatile @Nullable Error listenerFailure;

  final GroupCommitWriter writer;

  WriterRig() {
    this(1000, 100, Duration.ofSeconds(10), Duration.ofHours(1));
  }

  WriterRig(int queueCapacity, int maxBatch, Duration closeTimeout) {
    this(queueCapacity, maxBatch, closeTimeout, Duration.ofHours(1));
  }

  /** A writer that looks at its store at this interval, while it is idle. */
  static WriterRig probing(Duration interval) {
    return new WriterRig(1000, 100, Duration.ofSeconds(10), interval);
  }

  private WriterRig(
      int queueCapacity, int maxBatch, Duration closeTimeout, Duration probeInterval) {
    CommitSettings settings =
        new CommitSettings(
            queueCapacity, maxBatch, Duration.ofMillis(10), probeInterval, closeTimeout);
    writer = new GroupCommitWriter(store, clock, settings, List.of(this::trouble, heard::add));
  }

  /** A writer that runs and has found its store in order. */
  static WriterRig started() {
    WriterRig rig = new WriterRig();
    rig.start();
    return rig;
  }

  void start() {
    writer.start();
    await().until(() -> !heard.isEmpty());
  }

  /** Submits and waits for the answer. */
  Decision decide(Command command) {
    return answer(writer.submit(command));
  }

  /** Submits and waits for the transaction that it must become. */
  Transaction post(Command command) {
    Decision decision = decide(command);
    assertThat(decision).isInstanceOf(Posted.class);
    return ((Posted) decision).transaction();
  }

  static Decision answer(CompletableFuture<Decision> future) {
    try {
      return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("expected: a decision", e);
    }
  }

  /** Waits for the failure of what was submitted. */
  static Throwable failure(CompletableFuture<Decision> future) {
    try {
      Decision decision = future.get(SOON.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("expected: a failure, not " + decision);
    } catch (ExecutionException e) {
      return requireNonNull(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("expected: a failure", e);
    }
  }

  private void trouble(boolean available) {
    Error failure = listenerFailure;
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void close() {
    writer.close();
  }

  /** A clock that the test sets. */
  static final class MovableClock extends Clock {
    private volatile Instant now = NOON;

    void set(Instant now) {
      this.now = now;
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
