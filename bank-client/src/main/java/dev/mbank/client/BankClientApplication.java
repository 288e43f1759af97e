package dev.mbank.client;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the bank's client. */
@SpringBootApplication
public class BankClientApplication {
  public static void main(String[] args) {
    SpringApplication.run(BankClientApplication.class, args);
  }
}
