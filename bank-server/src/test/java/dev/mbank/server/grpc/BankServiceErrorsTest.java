package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.id;
import static dev.mbank.server.grpc.Requests.money;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.Requests.with;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.AUDITOR;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.grpc.Status.Code;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused for business reasons, and which reason comes first. */
class BankServiceErrorsTest {
  private static final String ABSENT = "absent";

  @TempDir static Path folder;
  private static TestBank bank;

  @BeforeAll
  static void open() {
    bank = TestBank.open(folder);
    for (String account : List.of("eur", "poor", "hundred")) {
      call(bank.as(TELLER), opening(account, "EUR"));
    }
    call(bank.as(TELLER), opening("jpy", "JPY"));
    call(bank.as(ALICE), opening("alice", "EUR"));
    call(bank.as(TELLER), deposit("eur", eur(100)));
    call(bank.as(TELLER), deposit("jpy", money("JPY", 5, 0)));
    call(bank.as(TELLER), deposit("alice", eur(100)));
    call(bank.as(TELLER), deposit("hundred", eur(100)));
  }

  @AfterAll
  static void close() {
    bank.close();
  }

  private static List<Message> everyMethodOn(String account) {
    return List.of(
        deposit(account, eur(1)),
        withdraw(account, eur(1)),
        transfer(account, "poor", eur(1)),
        Requests.account(account),
        Requests.balance(account),
        Requests.statement(account),
        Requests.transaction(account.equals(ABSENT) ? "tx-999999" : "tx-1"));
  }

  @Test
  void call_accountThatIsNotThere_accountNotFound() {
    for (Message request : everyMethodOn(ABSENT)) {
      if (request.getDescriptorForType().findFieldByName("transaction_id") == null) {
        BankError error = BankError.of(() -> call(bank.as(TELLER), request));

        assertThat(error.code()).isEqualTo(Code.NOT_FOUND);
        assertThat(error.shown()).isEqualTo("ACCOUNT_NOT_FOUND {account_id=absent}");
      }
    }
    assertThat(refused(Requests.balance("settlement-zzz")))
        .isEqualTo("ACCOUNT_NOT_FOUND {account_id=settlement-zzz}");
  }

  @Test
  void getTransaction_beyondTheJournal_transactionNotFound() {
    BankError error =
        BankError.of(() -> call(bank.as(AUDITOR), Requests.transaction("tx-999999999999999999")));

    assertThat(error.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(error.shown())
        .isEqualTo("TRANSACTION_NOT_FOUND {transaction_id=tx-999999999999999999}");
  }

  @Test
  void createAccount_idThatIsTaken_accountAlreadyExists() {
    BankError error = BankError.of(() -> call(bank.as(ALICE), opening("eur", "USD")));

    assertThat(error.code()).isEqualTo(Code.ALREADY_EXISTS);
    assertThat(error.shown()).isEqualTo("ACCOUNT_ALREADY_EXISTS {account_id=eur}");
  }

  @ParameterizedTest
  @MethodSource("differingFields")
  void write_requestIdOfAnotherContent_requestIdReusedNamingTheField(
      Message first, Message second, String field) {
    String requestId = id();
    call(bank.as(TELLER), with(first, "request_id", requestId));

    BankError error =
        BankError.of(() -> call(bank.as(TELLER), with(second, "request_id", requestId)));

    assertThat(error.code()).isEqualTo(Code.ALREADY_EXISTS);
    assertThat(error.shown())
        .isEqualTo("REQUEST_ID_REUSED {field=" + field + ", request_id=" + requestId + "}");
  }

  static Stream<Arguments> differingFields() {
    Message opening = opening("reused", "EUR");
    Message unnamed = opening("", "EUR");
    Message paid = deposit("eur", eur(1));
    Message taken = withdraw("eur", eur(1));
    Message moved = transfer("eur", "poor", eur(1));
    return Stream.of(
        differs(opening, with(opening, "account_id", "other"), "account_id"),
        differs(unnamed, with(unnamed, "account_id", "other"), "account_id"),
        differs(unnamed, with(unnamed, "currency_code", "USD"), "currency_code"),
        differs(unnamed, with(unnamed, "display_name", "other"), "display_name"),
        differs(paid, with(paid, "account_id", "poor"), "account_id"),
        differs(paid, with(paid, "amount", eur(2)), "amount"),
        differs(paid, with(paid, "amount", money("USD", 1, 0)), "amount"),
        differs(paid, with(paid, "description", "other"), "description"),
        differs(paid, taken, "method"),
        differs(taken, with(taken, "account_id", ABSENT), "account_id"),
        differs(taken, with(taken, "amount", eur(1_000_000)), "amount"),
        differs(taken, with(taken, "description", ""), "description"),
        differs(moved, with(moved, "source_account_id", ABSENT), "source_account_id"),
        differs(moved, with(moved, "destination_account_id", "jpy"), "destination_account_id"),
        differs(moved, with(moved, "amount", eur(2)), "amount"),
        differs(moved, with(moved, "description", "other"), "description"));
  }

  private static Arguments differs(Message first, Message second, String field) {
    return Arguments.of(first, second, field);
  }

  @Test
  void withdraw_moreThanThereIs_insufficientFundsInDecimals() {
    BankError error =
        BankError.of(
            () -> call(bank.as(TELLER), withdraw("hundred", money("EUR", 100, 10_000_000))));

    assertThat(error.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(error.shown())
        .isEqualTo(
            "INSUFFICIENT_FUNDS {account_id=hundred, available=100.00, currency_code=EUR,"
                + " requested=100.01}");
    assertThat(refused(transfer("jpy", "other-jpy", money("JPY", 6, 0))))
        .isEqualTo("ACCOUNT_NOT_FOUND {account_id=other-jpy}");
    assertThat(refused(withdraw("jpy", money("JPY", 6, 0))))
        .isEqualTo(
            "INSUFFICIENT_FUNDS {account_id=jpy, available=5, currency_code=JPY, requested=6}");
  }

  @Test
  void pay_otherCurrency_currencyMismatchNamingTheAccount() {
    BankError error = BankError.of(() -> call(bank.as(TELLER), transfer("eur", "jpy", eur(1))));

    assertThat(error.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(error.shown())
        .isEqualTo("CURRENCY_MISMATCH {account_currency=JPY, account_id=jpy, amount_currency=EUR}");
    assertThat(refused(deposit("eur", money("USD", 1, 0))))
        .isEqualTo("CURRENCY_MISMATCH {account_currency=EUR, account_id=eur, amount_currency=USD}");
  }

  @Test
  void deposit_balanceBeyondLong_balanceOutOfRangeNamingTheAccount() {
    for (String account : List.of("full", "another")) {
      call(bank.as(TELLER), opening(account, "KRW"));
    }
    call(bank.as(TELLER), deposit("full", money("KRW", Long.MAX_VALUE, 0)));

    BankError error =
        BankError.of(() -> call(bank.as(TELLER), deposit("full", money("KRW", 1, 0))));

    assertThat(error.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(error.shown()).isEqualTo("BALANCE_OUT_OF_RANGE {account_id=full}");
    assertThat(refused(deposit("another", money("KRW", 2, 0))))
        .isEqualTo("BALANCE_OUT_OF_RANGE {account_id=settlement-krw}");
  }

  @Test
  void pay_severalFaults_firstInTheDocumentedOrder() {
    Message done = transfer("eur", "poor", eur(1));
    call(bank.as(TELLER), done);
    assertThat(refused(with(done, "source_account_id", ABSENT))).startsWith("REQUEST_ID_REUSED");
    assertThat(refused(transfer(ABSENT, "absent-too", eur(1))))
        .isEqualTo("ACCOUNT_NOT_FOUND {account_id=absent}");
    assertThat(refused(transfer("jpy", ABSENT, eur(1))))
        .isEqualTo("ACCOUNT_NOT_FOUND {account_id=absent}");
    assertThat(refused(transfer("poor", "jpy", eur(1_000_000)))).startsWith("CURRENCY_MISMATCH");
    call(bank.as(TELLER), opening("rich", "CLP"));
    call(bank.as(TELLER), opening("empty", "CLP"));
    call(bank.as(TELLER), deposit("rich", money("CLP", Long.MAX_VALUE, 0)));
    assertThat(refused(transfer("empty", "rich", money("CLP", 1, 0))))
        .startsWith("INSUFFICIENT_FUNDS");
  }

  private static String refused(Message request) {
    return BankError.of(() -> call(bank.as(TELLER), request)).shown();
  }
}
