package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.security.PeerCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls by caller, and denials by reason, as Prometheus reads them. */
class CallMetersTest {
  @TempDir Path folder;
  private TestBank bank;

  @BeforeEach
  void open() {
    bank = TestBank.open(folder);
  }

  @AfterEach
  void close() {
    bank.close();
  }

  @Test
  void calls_ofManyIdentities_areCountedByTheGrantThatFits() {
    bank.policy(TELLER + " teller\nspiffe://mbank.test/branch/* customer\n");
    call(bank.as(TELLER), opening("main", "EUR"));
    for (int i = 0; i < 5; i++) {
      String clerk = "spiffe://mbank.test/branch/" + i;
      call(bank.as(clerk), Requests.accounts());
      BankError.of(() -> call(bank.as(clerk), Requests.balance("main")));
      String stranger = "spiffe://mbank.test/stranger/" + i;
      BankError.of(() -> call(bank.as(stranger), Requests.balance("main")));
    }
    BankError.of(() -> call(bank.as(PeerCertificates.of("CN=x")), Requests.balance("main")));

    assertThat(lines("mbank_calls_total{"))
        .containsExactlyInAnyOrder(
            calls("spiffe://mbank.test/teller", "CreateAccount", "OK", 1),
            calls("spiffe://mbank.test/branch/*", "ListAccounts", "OK", 5),
            calls("spiffe://mbank.test/branch/*", "GetBalance", "PERMISSION_DENIED", 5),
            calls("unknown", "GetBalance", "UNAUTHENTICATED", 6));
    assertThat(lines("mbank_calls_denied_total{"))
        .containsExactlyInAnyOrder(
            "mbank_calls_denied_total{reason=\"permission_denied\"} 5.0",
            "mbank_calls_denied_total{reason=\"unknown_identity\"} 6.0");
  }

  @Test
  void scrape_ofANewBank_hasEveryReasonOfTheContractAtZero() throws IOException {
    String contract =
        Files.readString(Path.of("../bank-api/src/main/proto/mbank/v1/bank_service.proto"));
    List<String> reasons =
        Pattern.compile("(?m)^//   ([A-Z_]+) +[A-Z_]+ {2}")
            .matcher(contract)
            .results()
            .map(found -> refused(found.group(1), 0))
            .toList();

    assertThat(reasons).hasSizeGreaterThan(10);
    assertThat(lines("mbank_calls_refused_total{")).containsExactlyInAnyOrderElementsOf(reasons);
  }

  @Test
  void refusals_areCountedByTheContractsReason() {
    call(bank.as(TELLER), opening("main", "EUR"));
    call(bank.as(TELLER), deposit("main", eur(1)));
    BankError.of(() -> call(bank.as(TELLER), withdraw("main", eur(2))));
    BankError.of(() -> call(bank.as(TELLER), withdraw("main", eur(2))));
    BankError.of(() -> call(bank.as(TELLER), deposit("absent", eur(1))));
    BankError.of(() -> call(bank.as(TELLER), deposit("Not well-formed", eur(1))));
    BankError.of(() -> call(bank.as(ALICE), deposit("main", eur(1))));

    assertThat(lines("mbank_calls_refused_total{"))
        .filteredOn(line -> !line.endsWith(" 0.0"))
        .containsExactlyInAnyOrder(
            refused("INSUFFICIENT_FUNDS", 2),
            refused("ACCOUNT_NOT_FOUND", 1),
            refused("INVALID_FIELD", 1),
            refused("PERMISSION_DENIED", 1));
  }

  @Test
  void policy_readAgain_holdsOnOpenConnectionsFromTheNextCallOn() {
    call(bank.as(ALICE), opening("alice", "EUR"));
    assertThat(BankError.of(() -> call(bank.as(ALICE), deposit("alice", eur(1)))).reason())
        .isEqualTo("PERMISSION_DENIED");

    bank.policy("spiffe://mbank.test/* teller");
    call(bank.as(ALICE), deposit("alice", eur(1)));
    bank.policy(TELLER + " teller");

    assertThat(BankError.of(() -> call(bank.as(ALICE), Requests.balance("alice"))).reason())
        .isEqualTo("UNKNOWN_IDENTITY");
    assertThat(lines("mbank_calls_total{"))
        .contains(
            calls(ALICE, "Deposit", "PERMISSION_DENIED", 1),
            calls("spiffe://mbank.test/*", "Deposit", "OK", 1),
            calls("unknown", "GetBalance", "UNAUTHENTICATED", 1));
  }

  private List<String> lines(String start) {
    return bank.scrape().lines().filter(line -> line.startsWith(start)).toList();
  }

  private static String refused(String reason, int count) {
    return "mbank_calls_refused_total{reason=\"%s\"} %d.0".formatted(reason, count);
  }

  private static String calls(String caller, String method, String status, int count) {
    return "mbank_calls_total{caller=\"%s\",method=\"%s\",status=\"%s\"} %d.0"
        .formatted(caller, method, status, count);
  }
}
