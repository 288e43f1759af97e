package dev.mbank.server.migrate;

import dev.mbank.server.store.JournalCopy;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Shows how far a copy is: a bar that moves on a terminal, a line now and then elsewhere. */
final class ProgressLines implements JournalCopy.Progress {
  private static final Duration MOVE = Duration.ofMillis(200);
  private static final Duration LINE = Duration.ofSeconds(10);
  private static final int WIDTH = 30;

  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanos;
  private volatile boolean stopped;
  private String part = "";
  private long from;
  private long total;
  private long begun;
  private long shown;
  private boolean open;
  private boolean ended;

  /** Somebody wants the copy to end. */
  static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * @param nanos a clock that only tells differences
   */
  ProgressLines(PrintStream out, boolean terminal, LongSupplier nanos) {
    this.out = out;
    this.terminal = terminal;
    this.nanos = nanos;
  }

  /** Ends the copy at the next row, from any thread. */
  void stop() {
    stopped = true;
  }

  @Override
  public void begin(String newPart, long already, long rows) {
    endLine();
    part = newPart;
    from = already;
    total = rows;
    begun = nanos.getAsLong();
    shown = begun;
    ended = false;
    at(already);
  }

  @Override
  public void at(long done) {
    if (stopped) {
      throw new StoppedException();
    }
    long now = nanos.getAsLong();
    if (ended || (done < total && now - shown < (terminal ? MOVE : LINE).toNanos())) {
      return;
    }
    shown = now;
    ended = done >= total;
    String line = line(done, now - begun);
    if (terminal) {
      // To the end of the line is cleared, for the last one may have been longer.
      out.print("\r" + line + "\u001b[K");
      open = true;
      if (ended) {
        endLine();
      }
    } else {
      out.println(line);
    }
    out.flush();
  }

  /** What is printed next begins a line. */
  void endLine() {
    if (open) {
      open = false;
      out.println();
    }
  }

  private String line(long done, long elapsed) {
    double seconds = Math.max(1, elapsed) / 1e9;
    double rate = (done - from) / seconds;
    long percent = total == 0 ? 100 : (long) (100.0 * done / total);
    int filled = (int) (percent * WIDTH / 100);
    String bar = terminal ? "[" + "#".repeat(filled) + " ".repeat(WIDTH - filled) + "] " : "";
    String time;
    if (ended) {
      time = String.format(Locale.ROOT, "in %.1f s", seconds);
    } else if (rate < 1) {
      time = "no end in sight";
    } else {
      time = String.format(Locale.ROOT, "%.0f s left", Math.ceil((total - done) / rate));
    }
    return String.format(
        Locale.ROOT,
        "%-7s %s%3d %%  %d of %d rows, %.0f/s, %s",
        part,
        bar,
        percent,
        done,
        total,
        rate,
        time);
  }
}
