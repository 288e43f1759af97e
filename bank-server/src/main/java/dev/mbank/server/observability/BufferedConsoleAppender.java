package dev.mbank.server.observability;

import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import java.io.BufferedOutputStream;

/**
 * Standard output with a buffer of its own, for a queue that says when to flush: many lines are one
 * write. {@code System.out} makes a write of every line, which costs more than the line.
 */
public final class BufferedConsoleAppender<E> extends OutputStreamAppender<E> {
  private static final int BUFFER = 1 << 16;

  @Override
  public void start() {
    setOutputStream(new BufferedOutputStream(ConsoleTarget.SystemOut.getStream(), BUFFER));
    super.start();
  }
}
