package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
  @TempDir Path folder;

  @Test
  void scrape_afterCalls_hasCallsByMethodAndStatusAndTheWriters() {
    try (TestBank bank = TestBank.open(folder)) {
      call(bank.as(TELLER), opening("main", "EUR"));
      call(bank.as(TELLER), deposit("main", eur(1)));
      call(bank.as(TELLER), deposit("main", eur(1)));
      BankError.of(() -> call(bank.as(TELLER), deposit("absent", eur(1))));
      BankError.of(() -> call(bank.as(TELLER), deposit("Not well-formed", eur(1))));

      String scrape = bank.scrape();

      assertThat(calls(scrape, "Deposit", "OK")).isEqualTo("2");
      assertThat(calls(scrape, "Deposit", "NOT_FOUND")).isEqualTo("1");
      assertThat(calls(scrape, "Deposit", "INVALID_ARGUMENT")).isEqualTo("1");
      assertThat(calls(scrape, "CreateAccount", "OK")).isEqualTo("1");
      // The refusal has its commit too: it is as final as the rest.
      assertThat(scrape)
          .contains("mbank_commit_batch_size_count 4\n", "mbank_commit_batch_size_sum 4.0\n")
          .contains("mbank_commit_batch_size_bucket{le=\"1.0\"} 4\n")
          .contains("mbank_commit_duration_seconds_count 4\n")
          .containsPattern("mbank_commit_duration_seconds_bucket\\{le=\"[0-9.]+\"} ")
          .containsPattern("mbank_commit_duration_seconds_bucket\\{le=\"1.0E-4\"} ")
          .contains("mbank_commit_pending 0.0\n", "mbank_commit_capacity 8192.0\n")
          .containsPattern("mbank_store_unindexed [0-9.]+\n");
    }
  }

  @Test
  void scrape_policyThatWillNotDo_saysSoUntilOneIsInForce() {
    try (TestBank bank = TestBank.open(folder)) {
      assertThat(bank.scrape()).contains("mbank_files_in_force{files=\"policy\"} 1.0\n");

      bank.policy("no grant");
      assertThat(bank.scrape()).contains("mbank_files_in_force{files=\"policy\"} 0.0\n");

      bank.policy(TestBank.POLICY);
      assertThat(bank.scrape()).contains("mbank_files_in_force{files=\"policy\"} 1.0\n");
    }
  }

  /** How many calls a status ended; empty if the scrape has none. */
  private static String calls(String scrape, String method, String status) {
    return scrape
        .lines()
        .filter(line -> line.startsWith("grpc_server_processing_duration_seconds_count{"))
        .filter(line -> line.contains("method=\"" + method + "\""))
        .filter(line -> line.contains("service=\"mbank.v1.BankService\""))
        .filter(line -> line.contains("statusCode=\"" + status + "\""))
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .findFirst()
        .orElse("");
  }
}
