package dev.mbank.server.observability;

import ch.qos.logback.core.recovery.RecoveryListener;
import ch.qos.logback.core.recovery.ResilientOutputStreamBase;
import ch.qos.logback.core.rolling.RollingFileAppender;
import dev.mbank.server.settings.OwnerOnly;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit file, which says when it cannot be written to, as on a full disk. Logback tries again
 * by itself, less and less often; what it is given meanwhile is lost.
 */
public final class AuditFileAppender<E> extends RollingFileAppender<E> implements RecoveryListener {
  private static final Logger log = LoggerFactory.getLogger(AuditFileAppender.class);

  private volatile boolean writable = true;
  private volatile boolean torn;

  @Override
  public void openFile(String name) throws IOException {
    super.openFile(name);
    restrict();
    // What was rolled is compressed in the background, into a new file that knows no permissions.
    var unused =
        getContext().getScheduledExecutorService().schedule(this::restrict, 10, TimeUnit.SECONDS);
    if (getOutputStream() instanceof ResilientOutputStreamBase stream) {
      stream.addRecoveryListener(this);
    }
  }

  /** Ends when all that was rolled is compressed. */
  @Override
  public void stop() {
    super.stop();
    if (getFile() != null) {
      restrict();
    }
  }

  /** The file and all that were rolled from it are for their owner, as the journal is. */
  private void restrict() {
    Path file = Path.of(getFile()).toAbsolutePath();
    String name = String.valueOf(file.getFileName());
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            file.getParent(), each -> String.valueOf(each.getFileName()).startsWith(name))) {
      files.forEach(OwnerOnly::restrict);
    } catch (IOException | DirectoryIteratorException e) {
      log.warn("AUDIT_FILE: {} may be readable by others ({})", file, e.getMessage());
    }
  }

  /**
   * After a failure the file may end within a line: the next record begins one of its own, and so
   * do others until one was begun in good order, as the first of a recovery may be lost. An empty
   * line is no harm, two records in one are.
   */
  @Override
  protected void writeOut(E event) throws IOException {
    if (!torn) {
      super.writeOut(event);
      return;
    }
    boolean inOrder = writable;
    byte[] line = encoder.encode(event);
    byte[] onItsOwn = new byte[line.length + 1];
    onItsOwn[0] = '\n';
    System.arraycopy(line, 0, onItsOwn, 1, line.length);
    streamWriteLock.lock();
    try {
      writeByteArrayToOutputStreamWithPossibleFlush(onItsOwn);
      updateByteCount(onItsOwn);
    } finally {
      streamWriteLock.unlock();
    }
    torn = !inOrder || !writable;
  }

  /** Whether the last write succeeded. */
  boolean isWritable() {
    return writable;
  }

  @Override
  public void newFailure(IOException failure) {
    writable = false;
    torn = true;
    log.error(
        "AUDIT_FILE: {} cannot be written to ({}); audit records are lost until it can",
        getFile(),
        failure.getMessage());
  }

  @Override
  public void recoveryOccured() {
    writable = true;
    log.warn("AUDIT_FILE: {} can be written to again", getFile());
  }
}
