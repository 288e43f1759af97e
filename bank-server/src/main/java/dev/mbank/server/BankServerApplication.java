package dev.mbank.server;

import dev.mbank.server.migrate.MigrateCommand;
import dev.mbank.server.settings.StartFailure;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the bank's server, or runs the command that the first argument names. */
@SpringBootApplication(proxyBeanMethods = false)
class BankServerApplication {
  private BankServerApplication() {}

  @SuppressWarnings("SystemExitOutsideMain")
  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals(MigrateCommand.NAME)) {
      System.exit(MigrateCommand.main(List.of(args).subList(1, args.length)));
    }
    if (args.length > 0 && args[0].equals(HealthCommand.NAME)) {
      System.exit(HealthCommand.main(System.getenv()));
    }
    if (args.length > 0 && !args[0].startsWith("--")) {
      System.err.println(
          "bank-server: "
              + args[0]
              + " (expected: nothing, "
              + HealthCommand.NAME
              + " or "
              + MigrateCommand.NAME
              + ")");
      System.exit(2);
    }
    try {
      SpringApplication.run(BankServerApplication.class, args);
    } catch (RuntimeException e) {
      System.err.println(StartFailure.describe(e));
      System.exit(1);
    }
  }
}
