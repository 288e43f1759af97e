package dev.mbank.server.store;

import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.settings.SettingException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies a journal into another database and proves that both are the same then.
 *
 * <p>What the other database has already must be how the journal begins; it is compared row by row
 * before anything is written, and the copy goes on behind it. So one that was interrupted, however
 * hard, is resumed by starting it again, and one of a bank that is open is brought up to its end
 * when it is closed. The database that is copied from is only read.
 */
public final class JournalCopy {
  private static final int BATCH = 10_000;
  private static final int INDEX_STEP = 100_000;
  private static final String PREFIX = "an empty database, or one that this journal begins with; ";

  private final CopySide from;
  private final CopySide to;
  private final Progress progress;
  private final SoundJournal sound = new SoundJournal();
  private long done;

  private JournalCopy(CopySide from, CopySide to, Progress progress) {
    this.from = from;
    this.to = to;
    this.progress = progress;
  }

  /** Is told how far a copy is; may end it by an exception. */
  public interface Progress {
    /**
     * A part of the work begins.
     *
     * @param from rows that are done already
     * @param total rows that there are
     */
    void begin(String part, long from, long total);

    /** So many of the rows are done. */
    void at(long done);
  }

  /**
   * Copies.
   *
   * @throws SettingException if one of the two cannot be used; the second is left as it was then,
   *     or holds what the journal begins with
   */
  public static CopyResult copy(CopySide from, CopySide to, Progress progress) {
    return new JournalCopy(from, to, progress).copy();
  }

  private CopyResult copy() {
    if (to.isSameAs(from)) {
      throw to.refused("another database than " + from.option());
    }
    Head head;
    long found;
    try (ReadOnlyJournal source = ReadOnlyJournal.require(from, null)) {
      source.checkEnd();
      head = source.head();
      compare(source);
      found = done;
      try (JournalDatabase target = to.open()) {
        append(source, target);
      } catch (SQLException e) {
        throw to.failed(e);
      }
    }
    if (!sound.end().equals(head.end()) || !sound.commitTime().equals(head.commitTime())) {
      throw unsound("head and last transaction differ");
    }
    return new JournalProof(from, head.end(), to).prove(progress, done - found);
  }

  /** Compares what the target has. Nothing is written. */
  private void compare(ReadOnlyJournal source) {
    try (ReadOnlyJournal held = ReadOnlyJournal.open(to, null)) {
      if (held == null || held.head().end().equals(Position.START)) {
        return;
      }
      Position end = held.head().end();
      if (!end.max(source.head().end()).equals(source.head().end())) {
        throw to.refused(PREFIX + "this one has more: it ends at transaction " + end.sequence());
      }
      progress.begin("compare", 0, end.rows());
      for (JournalRow row = held.next(); row != null; row = held.next()) {
        JournalRow ours = check(source.next());
        if (ours == null || !row.columns().equals(ours.columns())) {
          throw to.refused(PREFIX + "this one differs at " + row.name());
        }
      }
      if (!sound.end().equals(end)) {
        throw to.refused(PREFIX + "this one is not whole");
      }
    }
  }

  private void append(ReadOnlyJournal source, JournalDatabase target) throws SQLException {
    progress.begin("copy", done, source.head().end().rows());
    try (JournalConnection writer = target.openWriter();
        Indexer indexer = new Indexer(target::openWriter, new Tail(), INDEX_STEP)) {
      long indexed = done;
      Position place = sound.end();
      List<Outcome> batch = new ArrayList<>(BATCH);
      for (JournalRow row = check(source.next()); row != null; row = check(source.next())) {
        batch.add(row.outcome());
        if (batch.size() == BATCH) {
          place = append(writer, place, batch);
        }
        if (done - indexed >= INDEX_STEP) {
          var unused = indexer.step();
          indexed = done;
        }
      }
      append(writer, place, batch);
      indexer.finish();
    }
  }

  private Position append(JournalConnection writer, Position place, List<Outcome> batch)
      throws SQLException {
    Head head = writer.beginAppending();
    if (!head.end().equals(place)) {
      throw to.refused(
          "a journal that nobody else adds to; it has gone on to transaction "
              + head.end().sequence());
    }
    Position end = writer.append(head, batch).end();
    writer.commit();
    batch.clear();
    return end;
  }

  /** Passes a row of the source that can come next. */
  private @Nullable JournalRow check(@Nullable JournalRow row) {
    if (row != null) {
      String fault = sound.add(row);
      if (fault != null) {
        throw unsound(fault);
      }
      done++;
      progress.at(done);
    }
    return row;
  }

  private SettingException unsound(String fault) {
    return from.refused("a whole journal; " + fault + ": restore a backup");
  }
}
