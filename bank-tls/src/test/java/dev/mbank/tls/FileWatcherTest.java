package dev.mbank.tls;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileWatcherTest {
  @TempDir Path folder;

  /** Such as too little memory for a moment: what it was called for must not be lost. */
  @Test
  void start_callbackThrowsAnError_isCalledAgain() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "old");
    CountDownLatch calls = new CountDownLatch(2);
    Runnable callback =
        () -> {
          calls.countDown();
          if (calls.getCount() > 0) {
            throw new AssertionError("on purpose");
          }
        };
    try (FileWatcher watcher = new FileWatcher(List.of(file.toString()), callback)) {
      watcher.start(Duration.ofMillis(10));
      Files.writeString(file, "new");

      assertThat(calls.await(10, SECONDS)).isTrue();
    }
  }
}
