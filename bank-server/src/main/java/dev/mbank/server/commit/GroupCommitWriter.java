package dev.mbank.server.commit;

import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Decision;
import dev.mbank.server.ledger.Ledger;
import dev.mbank.server.ledger.Outcome;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides commands one after the other and makes them durable together.
 *
 * <p>One thread takes whatever waits, up to a limit, as a batch: it opens a database transaction,
 * which locks the journal head, decides each command, appends all outcomes, commits once, and only
 * then answers. It never waits for a batch to fill: while one commit is under way the next batch
 * gathers by itself, so that one fsync is shared by as many commands as came meanwhile.
 *
 * <p>Every future that {@link #submit} returns completes, exactly once, whatever fails: with the
 * decision; with {@link StoreUnavailableException} if nothing was done; with {@link
 * OutcomeUnknownException} if the commit itself failed; or with the exception of its own command if
 * deciding that one failed, which disturbs no other. Futures complete on the writer's thread: what
 * hangs on them must not block.
 *
 * <p>A command holds one of the {@code queueCapacity} permits from its submission until its batch
 * is committed or has failed, so the permits bound the queue, the batch under way and the memory of
 * both. They are given back right before the answers, so that whoever is answered may submit again.
 */
public final class GroupCommitWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(GroupCommitWriter.class);
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);

  private final LedgerStore store;
  private final Clock clock;
  private final CommitSettings settings;
  private final List<AvailabilityListener> listeners;
  private final @Nullable BatchObserver observer;
  private final Semaphore permits;
  private final long probeNanos;
  private final LinkedBlockingQueue<Submission> queue = new LinkedBlockingQueue<>();
  private final WorkingView view = new WorkingView();
  private final FailureLog failures = new FailureLog(log);
  private final Thread thread = new Thread(this::run, "journal-writer");

  /** The batch whose answers are due; for {@link #close} if the store never comes back. */
  private volatile List<Submission> underWay = List.of();

  /** When the store was last asked without a command. Of the writer's thread only. */
  private long lookedAt;

  /** Whether there ever was a batch. Of the writer's thread, until that has ended. */
  private boolean accepted;

  private volatile @Nullable Boolean available;
  private volatile boolean closing;
  private volatile boolean ended;

  /** A writer that nobody observes. */
  public GroupCommitWriter(
      LedgerStore store,
      Clock clock,
      CommitSettings settings,
      List<AvailabilityListener> listeners) {
    this(store, clock, settings, listeners, null);
  }

  /**
   * @param clock for the commit times
   * @param listeners told whether commands can be made durable
   * @param observer told of batches, if there is one
   */
  GroupCommitWriter(
      LedgerStore store,
      Clock clock,
      CommitSettings settings,
      List<AvailabilityListener> listeners,
      @Nullable BatchObserver observer) {
    this.store = store;
    this.clock = clock;
    this.settings = settings;
    this.listeners = List.copyOf(listeners);
    this.observer = observer;
    this.permits = new Semaphore(settings.queueCapacity());
    this.probeNanos = settings.probeInterval().toNanos();
  }

  /** Begins to take what was submitted. */
  public void start() {
    thread.start();
  }

  /**
   * Hands a command to the writer. Never blocks.
   *
   * @return the decision, once it is durable
   * @throws OverloadedException if as many commands wait as may
   * @throws StoreUnavailableException if this writer is closing
   */
  public CompletableFuture<Decision> submit(Command command) {
    if (closing) {
      throw closed();
    }
    Object origin = observer == null ? null : observer.origin();
    if (!permits.tryAcquire()) {
      throw new OverloadedException(
          "commit queue: full (limit: " + settings.queueCapacity() + ")", RETRY_AFTER);
    }
    Submission submission = new Submission(command, origin);
    queue.add(submission);
    if (ended) {
      // The writer may have looked at the queue for the last time before this was added.
      failQueued();
    }
    return submission.answer;
  }

  /** How many commands wait or are under way. */
  public int pending() {
    return settings.queueCapacity() - permits.availablePermits();
  }

  /** How many may, before the next is refused. */
  public int capacity() {
    return settings.queueCapacity();
  }

  /** Whether the writer runs and the store did what it was asked the last time. */
  public boolean isAvailable() {
    return !ended && Boolean.TRUE.equals(available);
  }

  /** Takes no more commands, answers all that were accepted, and ends the writer's thread. */
  @Override
  public void close() {
    closing = true;
    boolean interrupted = false;
    try {
      TimeUnit.NANOSECONDS.timedJoin(thread, settings.closeTimeout().toNanos());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    ended = true;
    failQueued();
    if (thread.isAlive()) {
      log.error("The store did not answer within {}; giving up", settings.closeTimeout());
      OutcomeUnknownException unknown =
          new OutcomeUnknownException("the store did not answer before the shutdown", closed());
      underWay.forEach(submission -> submission.answer.completeExceptionally(unknown));
    } else if (accepted) {
      log.info("The journal writer ended: everything that was accepted is answered");
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      probe();
      while (!closing || !queue.isEmpty()) {
        List<Submission> batch = take();
        if (!batch.isEmpty()) {
          underWay = batch;
          accepted = true;
          observe(batch);
          permits.release(batch.size());
          batch.forEach(Submission::reply);
          underWay = List.of();
        } else if (!isAvailable() || System.nanoTime() - lookedAt > probeNanos) {
          probe();
        }
      }
    } catch (InterruptedException e) {
      log.error("Somebody interrupted the journal writer; it ends");
    } finally {
      closing = true;
      setAvailable(false);
      ended = true;
      failQueued();
    }
  }

  /** Waits for commands, for a while; empty if none came. */
  private List<Submission> take() throws InterruptedException {
    List<Submission> batch = new ArrayList<>();
    Submission first = queue.poll(settings.idleInterval().toNanos(), TimeUnit.NANOSECONDS);
    if (first != null) {
      batch.add(first);
      queue.drainTo(batch, settings.maxBatch() - 1);
    }
    return batch;
  }

  /**
   * Commits a batch, before the eyes of the observer if it follows one of its commands. What fails
   * there is no command's affair: the batch is committed all the same, and once.
   */
  private void observe(List<Submission> batch) {
    List<Object> origins =
        observer == null ? List.of() : batch.stream().mapMulti(Submission::origin).toList();
    AtomicBoolean begun = new AtomicBoolean();
    if (observer != null && !origins.isEmpty()) {
      Supplier<@Nullable Throwable> commit =
          () -> {
            begun.set(true);
            return commit(batch);
          };
      try {
        observer.watch(batch.size(), origins, commit);
      } catch (RuntimeException e) {
        log.warn("The observer of batches failed", e);
      }
    }
    if (!begun.get()) {
      commit(batch);
    }
  }

  /**
   * Decides a batch and makes it durable; afterwards each submission knows its answer.
   *
   * @return why the batch failed, or null
   */
  private @Nullable Throwable commit(List<Submission> submissions) {
    boolean begun = false;
    boolean durable = false;
    try (LedgerStore.Batch batch = store.begin()) {
      begun = true;
      decide(batch, submissions);
      if (!view.decided().isEmpty()) {
        batch.append(view.decided());
      }
      // Without any, too: what is repeated may be seen and not be durable yet.
      commit(batch);
      durable = true;
    } catch (Throwable e) {
      view.forget();
      if (durable) {
        log.warn("The store failed after a commit that it had confirmed", e);
      } else {
        failures.log("A batch of " + submissions.size() + " commands failed", e);
        submissions.forEach(submission -> submission.failure = e);
      }
      if (!begun && e instanceof StoreUnavailableException) {
        // They came while this one tried, and would each wait as long for the same.
        failQueued(queue.size(), e);
      }
      setAvailable(false);
      return durable ? null : e;
    }
    if (!view.decided().isEmpty()) {
      setAvailable(true);
    }
    return null;
  }

  /** Commits. A failure that the store did not foresee leaves open whether it was done. */
  private static void commit(LedgerStore.Batch batch) {
    try {
      batch.commit();
    } catch (StoreUnavailableException | OutcomeUnknownException e) {
      throw e;
    } catch (Throwable e) {
      throw new OutcomeUnknownException("the commit failed", e);
    }
  }

  private void decide(LedgerStore.Batch batch, List<Submission> submissions) {
    JournalHead head = batch.head();
    view.prepare(batch, head, submissions.stream().map(each -> each.command).toList());
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Instant commitTime = now.isBefore(head.commitTime()) ? head.commitTime() : now;
    for (Submission submission : submissions) {
      try {
        submission.decision = decide(submission.command, commitTime);
      } catch (RuntimeException e) {
        submission.failure = e;
      }
    }
  }

  private Decision decide(Command command, Instant commitTime) {
    boolean repeat = view.outcome(command.key()) != null;
    Decision decision = Ledger.decide(view, command, commitTime);
    if (!repeat) {
      view.decided(new Outcome(command, decision));
    }
    return decision;
  }

  /**
   * Finds out whether the store works, while there is no command that would show it. A store that
   * works is read; one that failed has to commit something, for a full disk can be read.
   */
  private void probe() {
    lookedAt = System.nanoTime();
    try (LedgerStore.Batch batch = store.begin()) {
      batch.head();
      if (!isAvailable()) {
        batch.append(List.of());
        commit(batch);
      }
    } catch (Throwable e) {
      log.debug("The store is not available", e);
      setAvailable(false);
      return;
    }
    setAvailable(true);
  }

  private void setAvailable(boolean now) {
    Boolean before = available;
    if (before != null && before == now) {
      return;
    }
    available = now;
    for (AvailabilityListener listener : listeners) {
      try {
        listener.availabilityChanged(now);
      } catch (Throwable e) {
        log.error("{} failed", listener, e);
      }
    }
  }

  private void failQueued() {
    failQueued(Integer.MAX_VALUE, closed());
  }

  private void failQueued(int limit, Throwable why) {
    for (int i = 0; i < limit; i++) {
      Submission left = queue.poll();
      if (left == null) {
        return;
      }
      permits.release();
      left.answer.completeExceptionally(why);
    }
  }

  private static StoreUnavailableException closed() {
    return new StoreUnavailableException("the bank is shutting down");
  }

  /** A command on its way. What was decided is known here before it may be told. */
  private static final class Submission {
    final Command command;
    final @Nullable Object origin;
    final CompletableFuture<Decision> answer = new CompletableFuture<>();
    @Nullable Decision decision;
    @Nullable Throwable failure;

    Submission(Command command, @Nullable Object origin) {
      this.command = command;
      this.origin = origin;
    }

    /** Gives the origin, if there is one. */
    void origin(Consumer<Object> origins) {
      if (origin != null) {
        origins.accept(origin);
      }
    }

    void reply() {
      if (failure != null) {
        answer.completeExceptionally(failure);
      } else {
        answer.complete(decision);
      }
    }
  }
}
