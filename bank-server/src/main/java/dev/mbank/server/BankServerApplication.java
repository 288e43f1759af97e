package dev.mbank.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the bank's server. */
@SpringBootApplication
public class BankServerApplication {
  public static void main(String[] args) {
    SpringApplication.run(BankServerApplication.class, args);
  }
}
