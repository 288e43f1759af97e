package dev.mbank.server;

import dev.mbank.server.settings.StartFailure;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the bank's server. */
@SpringBootApplication(proxyBeanMethods = false)
class BankServerApplication {
  private BankServerApplication() {}

  @SuppressWarnings("SystemExitOutsideMain")
  public static void main(String[] args) {
    try {
      SpringApplication.run(BankServerApplication.class, args);
    } catch (RuntimeException e) {
      System.err.println(StartFailure.describe(e));
      System.exit(1);
    }
  }
}
