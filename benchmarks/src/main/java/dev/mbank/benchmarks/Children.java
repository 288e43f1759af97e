package dev.mbank.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The processes that were started here, and no others. They end when they are stopped, and all of
 * them when this process does, the youngest first: servers before their database.
 */
final class Children {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration END = Duration.ofSeconds(20);

  private final Deque<Child> running = new ArrayDeque<>();
  private boolean ended;

  /**
   * Starts with none.
   *
   * @param afterwards what to do when all have ended
   */
  Children(Runnable afterwards) {
    Thread end =
        new Thread(
            () -> {
              stopAll();
              afterwards.run();
            });
    Runtime.getRuntime().addShutdownHook(end);
  }

  /** Starts a process; what it writes goes to {@code name.log} in the folder. */
  Child start(Path folder, String name, List<String> command, Map<String, String> variables) {
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(variables);
    try {
      synchronized (running) {
        if (ended) {
          throw new IllegalStateException(name + " is not started any more");
        }
        Child child = new Child(name, builder.start(), log);
        running.push(child);
        return child;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a process to its end, which must be good; what it said. */
  String run(Path folder, String name, List<String> command) {
    Child child = start(folder, name, command, Map.of());
    try {
      int code = child.process().waitFor();
      if (code != 0) {
        throw new NotAvailableException(name + " ended with " + code + ": " + child.lastLine());
      }
      return child.said();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      stop(child);
    }
  }

  /** Starts one of our own main classes, with the heap that the bank gets. */
  Child startJava(Path folder, String name, Class<?> main, List<String> arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                java(),
                "-Xmx256m",
                "-Dlogback.configurationFile=bench-logback.xml",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(arguments);
    return start(folder, name, command, Map.of());
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  void stop(Child child) {
    synchronized (running) {
      running.remove(child);
    }
    child.end();
  }

  private void stopAll() {
    synchronized (running) {
      ended = true;
      while (!running.isEmpty()) {
        running.pop().end();
      }
    }
  }

  /** A port that was free a moment ago. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A process, and the file with what it says. */
  record Child(String name, Process process, Path log) {

    /** Waits for a line, and gives the match. */
    Matcher await(Pattern line) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (true) {
        boolean alive = process.isAlive();
        Matcher matcher = line.matcher(said());
        if (matcher.find()) {
          return matcher;
        }
        if (!alive || System.nanoTime() > deadline) {
          throw new NotAvailableException(name + " did not start: " + lastLine());
        }
        try {
          Thread.sleep(20);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    String said() {
      try {
        return Files.readString(log);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private String lastLine() {
      String[] lines = said().strip().split("\n");
      return lines[lines.length - 1];
    }

    private void end() {
      process.destroy();
      try {
        if (!process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
      }
    }
  }
}
