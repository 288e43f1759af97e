package dev.mbank.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls back when files have new content. It looks at the content itself, again and again: events
 * of the file system miss Kubernetes' way of exchanging a folder by its symbolic link, and mounts
 * over a network. It waits until two looks find the same, so that files which are written one after
 * the other are mostly taken together; if not, the callback finds out and is called again.
 */
public final class FileWatcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FileWatcher.class);

  private final List<Path> files;
  private final Runnable changed;
  private final Runnable unchanged;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "file-watcher");
            thread.setDaemon(true);
            return thread;
          });

  private List<byte[]> known;
  private List<byte[]> lastSeen;

  /**
   * Remembers what the files hold now.
   *
   * @param files that may be exchanged, also their folders
   * @param changed what to call, from the watcher's thread
   */
  public FileWatcher(List<String> files, Runnable changed) {
    this(files, changed, () -> {});
  }

  /**
   * @param unchanged what to call, from the same thread, at each look that finds nothing new
   */
  FileWatcher(List<String> files, Runnable changed, Runnable unchanged) {
    this.files = files.stream().map(Path::of).toList();
    this.changed = changed;
    this.unchanged = unchanged;
    this.known = look();
    this.lastSeen = known;
  }

  /**
   * Begins to look, for what is not as it was when this was made.
   *
   * @param interval between two looks
   */
  public void start(Duration interval) {
    long nanos = interval.toNanos();
    var unused = executor.scheduleWithFixedDelay(this::check, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  /** An error ends no schedule, and what it was about is tried again at the next look. */
  private void check() {
    try {
      List<byte[]> seen = look();
      boolean settled = same(seen, lastSeen);
      lastSeen = seen;
      if (settled && !same(seen, known)) {
        changed.run();
        known = seen;
      } else if (settled) {
        unchanged.run();
      }
    } catch (Throwable e) {
      log.error("Looking at {} failed", files, e);
    }
  }

  /** The contents; of a file that cannot be read, nothing. */
  private List<byte[]> look() {
    return files.stream().map(FileWatcher::content).toList();
  }

  private static byte[] content(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      return new byte[0];
    }
  }

  private static boolean same(List<byte[]> these, List<byte[]> those) {
    for (int i = 0; i < these.size(); i++) {
      if (!Arrays.equals(these.get(i), those.get(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
