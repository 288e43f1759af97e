package dev.mbank.server.store;

import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.store.CopyResult.Summary;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Reads two journals, the one beside the other, and tells what they come to. */
final class JournalProof {
  private static final Duration LOOK = Duration.ofMillis(100);

  private final CopySide from;
  private final Position end;
  private final CopySide to;
  private final AtomicLong read = new AtomicLong();

  /**
   * @param end where to end in the first, on which a server may be at work; the other is read to
   *     its own end
   */
  JournalProof(CopySide from, Position end, CopySide to) {
    this.from = from;
    this.end = end;
    this.to = to;
  }

  CopyResult prove(JournalCopy.Progress progress, long copied) {
    progress.begin("prove", 0, 2 * end.rows());
    ExecutorService readers = Executors.newFixedThreadPool(2, JournalProof::daemon);
    try {
      Future<Summary> ours = readers.submit(() -> summary(from, end));
      Future<Summary> theirs = readers.submit(() -> summary(to, null));
      Summary source = await(ours, progress);
      Summary target = await(theirs, progress);
      progress.at(read.get()); // All of it, however fast the last of it was.
      try (ReadOnlyJournal now = ReadOnlyJournal.require(from, end)) {
        return new CopyResult(source, target, copied, now.head().end().sequence());
      }
    } finally {
      readers.shutdownNow();
    }
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "prove");
    thread.setDaemon(true);
    return thread;
  }

  private Summary await(Future<Summary> summary, JournalCopy.Progress progress) {
    while (true) {
      try {
        progress.at(read.get());
        return summary.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Told how far it is, and looked at again.
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private Summary summary(CopySide side, @Nullable Position upTo) {
    JournalDigest digest = new JournalDigest();
    long transactions = 0;
    long refusals = 0;
    long sequence = 0;
    Instant commitTime = Instant.EPOCH;
    try (ReadOnlyJournal journal = ReadOnlyJournal.require(side, upTo)) {
      for (JournalRow row = journal.next(); row != null; row = journal.next()) {
        digest.add(row);
        if (row.outcome().decision() instanceof Posted posted) {
          transactions++;
          sequence = row.number();
          commitTime = posted.transaction().commitTime();
        } else {
          refusals++;
        }
        read.incrementAndGet();
      }
    }
    return new Summary(transactions, refusals, sequence, commitTime, digest.end());
  }
}
