package dev.mbank.server.migrate;

import dev.mbank.server.settings.SettingException;
import dev.mbank.server.store.CopyResult;
import dev.mbank.server.store.CopyResult.Summary;
import dev.mbank.server.store.JournalCopy;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogManager;

/**
 * {@code bank-server.jar migrate}: copies a journal into another database. It starts no server, and
 * nothing of Spring.
 */
public final class MigrateCommand {
  /** The first argument that asks for it. */
  public static final String NAME = "migrate";

  private static final int SAME = 0;
  private static final int FAILED = 1;
  private static final int WRONG_OPTION = 2;
  private static final int INTERRUPTED = 128 + 2;
  private static final String GO_ON = "bank-server: migrate: stopped; start it again to go on";
  private static final int PATIENCE_SECONDS = 10;

  private final PrintStream out;
  private final PrintStream err;
  private final ProgressLines progress;

  MigrateCommand(PrintStream out, PrintStream err, ProgressLines progress) {
    this.out = out;
    this.err = err;
    this.progress = progress;
  }

  /**
   * Runs it as the program's own command, until it is done or a signal ends it.
   *
   * @return the exit code
   */
  public static int main(List<String> arguments) {
    System.setProperty("logback.configurationFile", "logback-migrate.xml");
    LogManager.getLogManager().reset();
    ProgressLines progress = new ProgressLines(System.out, isTerminal(), System::nanoTime);
    MigrateCommand command = new MigrateCommand(System.out, System.err, progress);
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(progress, ended)));
    try {
      return command.run(arguments, System.getenv());
    } finally {
      ended.countDown();
    }
  }

  @SuppressWarnings("SystemConsoleNull") // The property sees to it.
  private static boolean isTerminal() {
    // Else Java 22 to 24 have a console where there is none.
    System.setProperty("jdk.console", "java.base");
    return System.console() != null;
  }

  /** Lets a batch that is under way end, so that the database is closed in order. */
  private static void stop(ProgressLines progress, CountDownLatch ended) {
    progress.stop();
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println(GO_ON);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  int run(List<String> arguments, Map<String, String> variables) {
    if (arguments.contains("--help")) {
      out.println(MigrateOptions.USAGE);
      return SAME;
    }
    try {
      MigrateOptions options = MigrateOptions.parse(arguments, variables);
      out.println("from " + options.from().shown());
      out.println("to   " + options.to().shown());
      CopyResult result = JournalCopy.copy(options.from(), options.to(), progress);
      progress.endLine();
      return tell(result);
    } catch (ProgressLines.StoppedException e) {
      progress.endLine();
      err.println(GO_ON);
      return INTERRUPTED;
    } catch (SettingException e) {
      progress.endLine();
      err.println("bank-server: " + e.getMessage());
      return WRONG_OPTION;
    } catch (RuntimeException e) {
      progress.endLine();
      err.println("bank-server: migrate failed: " + e.toString().replaceAll("\\p{Cntrl}", "?"));
      return FAILED;
    }
  }

  private int tell(CopyResult result) {
    tell("from", result.from());
    tell("to  ", result.to());
    if (!result.isSame()) {
      err.println("bank-server: migrate: the journals differ; was one of them added to meanwhile?");
      return FAILED;
    }
    out.println("The journals are the same; copied now: " + result.copied() + " rows");
    if (result.sourceEnd() > result.from().sequence()) {
      out.println(
          "The first has gone on to transaction "
              + result.sourceEnd()
              + " meanwhile: stop its server and run this again");
    }
    return SAME;
  }

  private void tell(String name, Summary summary) {
    out.printf(
        "%s %d transactions, %d refusals; last sequence %d, at %s%n     SHA-256 %s%n",
        name,
        summary.transactions(),
        summary.refusals(),
        summary.sequence(),
        summary.commitTime(),
        summary.sha256());
  }
}
