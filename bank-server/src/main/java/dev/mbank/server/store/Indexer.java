package dev.mbank.server.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the indexes follow the journal. Each step indexes the next few thousand outcomes in the
 * order of the index's key: so a page that many of them go to is written once and not once for each
 * batch, which was most of what a transfer cost.
 *
 * <p>A thread of its own takes a step whenever there is enough for one, and the rest when nothing
 * more comes. Any number of servers may do this on one database; whoever is first does the step.
 */
final class Indexer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Indexer.class);

  /** How long what does not fill a step waits for more. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final JournalStore.Connections connections;
  private final Tail tail;
  private final int step;
  private final Semaphore work = new Semaphore(0);
  private final Thread thread = new Thread(this::run, "indexer");
  private @Nullable JournalConnection connection;

  /** Whether the last step failed. Of the thread only. */
  private boolean failing;

  private volatile boolean closed;

  /**
   * @param step how many transactions, and how many refusals, are indexed together
   */
  Indexer(JournalStore.Connections connections, Tail tail, int step) {
    this.connections = connections;
    this.tail = tail;
    this.step = step;
    thread.setDaemon(true);
  }

  /** Begins to follow. */
  void start() {
    thread.start();
  }

  /** There is more in the tail. */
  void wake() {
    if (tail.size() >= step) {
      work.release();
    }
  }

  /**
   * Bounds the tail: who adds to the journal does a step itself when the thread has fallen far
   * behind. What the tail has and the database has lost, as a fail-over may have, no step takes.
   */
  void keepUp() throws SQLException {
    boolean more = true;
    while (more && tail.size() >= 4 * step) {
      more = step();
    }
  }

  /** Indexes all that there is. */
  void finish() throws SQLException {
    while (step()) {
      // One more.
    }
  }

  /**
   * Indexes the next outcomes.
   *
   * @return whether there are more
   */
  synchronized boolean step() throws SQLException {
    JournalConnection open = connection;
    try {
      if (open == null) {
        open = connections.open();
        connection = open;
      }
      long incarnation = tail.incarnation();
      Head head = open.beginIndexing();
      Position from = head.indexed();
      Position end = head.end();
      Position to =
          from.max(
              new Position(
                  Math.min(end.sequence(), from.sequence() + step),
                  Math.min(end.refusals(), from.refusals() + step)));
      if (from.equals(to)) {
        open.endIndexing();
      } else {
        open.index(from, to);
      }
      tail.indexed(incarnation, to);
      // Another server may have moved the head of the indexes past the end that was seen.
      return to.sequence() < end.sequence() || to.refusals() < end.refusals();
    } catch (SQLException | RuntimeException e) {
      discard();
      throw e;
    }
  }

  private void discard() {
    JournalConnection old = connection;
    connection = null;
    if (old != null) {
      try {
        old.close();
      } catch (SQLException e) {
        log.debug("Closing the indexer's connection failed", e);
      }
    }
  }

  private void run() {
    try {
      while (!closed) {
        boolean enough = work.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        work.drainPermits();
        if (!closed && (enough || tail.size() > 0)) {
          tryStep();
        }
      }
    } catch (InterruptedException e) {
      log.debug("Ended by an interrupt");
    }
  }

  private void tryStep() {
    try {
      step();
      wake();
      if (failing) {
        log.info("The indexes follow the journal again");
      }
      failing = false;
    } catch (SQLException | RuntimeException e) {
      // Nothing is lost: the tail has it, and the writer bounds the tail.
      if (!failing) {
        log.warn("The indexes do not follow the journal now: {}", e.getMessage());
      }
      failing = true;
      log.debug("The step failed", e);
    }
  }

  /** Ends the thread after its step, and closes the connection. */
  @Override
  public void close() {
    closed = true;
    work.release();
    synchronized (this) {
      discard();
    }
  }
}
