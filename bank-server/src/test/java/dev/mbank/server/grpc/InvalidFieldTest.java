package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.money;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.Requests.with;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.rpc.BadRequest;
import com.google.type.Money;
import io.grpc.Status.Code;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every field of every request, wrong in every way. */
class InvalidFieldTest {
  private static final String SMILEY = "\uD83D\uDE00";

  private static final List<String> NO_REQUEST_IDS =
      List.of(
          "",
          "1-1-1-1-1",
          "00000000-0000-0000-0000-000000000000",
          "0193b0a0-1111-7000-8000-00000000000",
          "0193b0a0-1111-7000-8000-0000000000011",
          "0193b0a0-1111-7000-8000-000000000001\n",
          " 0193b0a0-1111-7000-8000-000000000001",
          "{0193b0a0-1111-7000-8000-000000000001}",
          "urn:uuid:0193b0a0-1111-7000-8000-000000000001",
          "0193b0a011117000800000000000000g",
          "0193b0a0-1111-7000-8000-00000000000\u0661");
  private static final List<String> NO_ACCOUNT_IDS =
      List.of("", "A", "-a", "a".repeat(64), "a_b", "a b", "\u00e4", "a\n", "../a", "a;--");
  private static final List<String> NO_CLIENTS_ACCOUNT_IDS =
      List.of("settlement-eur", "settlement-zzz", "settlement-");
  private static final List<String> NO_CURRENCIES =
      List.of("", "eur", "XXX", "XAU", "ZZZ", "EU", "EURO", " EUR", "EUR\n", "978");
  private static final List<String> NO_TRANSACTION_IDS =
      List.of(
          "",
          "1",
          "tx-",
          "tx-0",
          "tx-01",
          "tx--1",
          "tx-1 ",
          "TX-1",
          "tx-1\n",
          "tx-1.0",
          "tx-9223372036854775808");

  @TempDir static Path folder;
  private static TestBank bank;

  @BeforeAll
  static void open() {
    bank = TestBank.open(folder);
    call(bank.as(TELLER), opening("eur", "EUR"));
    call(bank.as(TELLER), opening("other", "EUR"));
    call(bank.as(TELLER), deposit("eur", eur(1)));
  }

  @AfterAll
  static void close() {
    bank.close();
  }

  @ParameterizedTest
  @MethodSource({"strings", "amounts", "texts", "times"})
  void call_fieldNotWellFormed_invalidFieldNamesIt(Message request, String field) {
    assertInvalid(bank, request, field);
  }

  static BankError assertInvalid(TestBank bank, Message request, String field) {
    BankError error = BankError.of(() -> call(bank.as(TELLER), request));
    assertThat(error.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error.shown()).isEqualTo("INVALID_FIELD {field=" + field + "}");
    BadRequest bad = error.detail(BadRequest.class).orElseThrow();
    assertThat(bad.getFieldViolationsList())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.getField()).isEqualTo(field);
              assertThat(violation.getDescription()).isEqualTo(error.full().getMessage());
            });
    assertThat(error.full().getMessage())
        .startsWith(field + ": ")
        .matches("[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+ \\(expected: [^\\p{Cntrl}]+\\)")
        .hasSizeLessThan(300);
    return error;
  }

  static Stream<Arguments> strings() {
    List<Arguments> cases = new ArrayList<>();
    Message opening = opening("new", "EUR");
    List<Message> payments =
        List.of(deposit("eur", eur(1)), withdraw("eur", eur(1)), transfer("eur", "other", eur(1)));
    Stream.concat(Stream.of(opening), payments.stream())
        .forEach(write -> each(cases, write, "request_id", NO_REQUEST_IDS));
    each(cases, opening, "account_id", NO_ACCOUNT_IDS.subList(1, NO_ACCOUNT_IDS.size()));
    each(cases, opening, "account_id", NO_CLIENTS_ACCOUNT_IDS);
    each(cases, opening, "currency_code", NO_CURRENCIES);
    for (Message payment : payments) {
      for (String field : List.of("account_id", "source_account_id", "destination_account_id")) {
        if (payment.getDescriptorForType().findFieldByName(field) != null) {
          each(cases, payment, field, NO_ACCOUNT_IDS);
          each(cases, payment, field, NO_CLIENTS_ACCOUNT_IDS);
        }
      }
    }
    cases.add(invalid(transfer("eur", "eur", eur(1)), "destination_account_id"));
    each(cases, Requests.account("eur"), "account_id", NO_ACCOUNT_IDS);
    each(cases, Requests.balance("eur"), "account_id", NO_ACCOUNT_IDS);
    each(cases, Requests.statement("eur"), "account_id", NO_ACCOUNT_IDS);
    each(cases, Requests.transaction("tx-1"), "transaction_id", NO_TRANSACTION_IDS);
    for (Message listing : List.of(Requests.accounts(), Requests.statement("eur"))) {
      each(cases, listing, "page_size", List.of(-1, Integer.MIN_VALUE));
      each(cases, listing, "page_token", List.of(" ", "AAAA", "not base64!", "\u00e4", "=="));
    }
    return cases.stream();
  }

  static Stream<Arguments> amounts() {
    List<Arguments> cases = new ArrayList<>();
    for (Message payment :
        List.of(
            deposit("eur", eur(1)), withdraw("eur", eur(1)), transfer("eur", "other", eur(1)))) {
      cases.add(
          invalid(with(payment, "amount", Money.getDefaultInstance()), "amount.currency_code"));
      for (String currency : NO_CURRENCIES) {
        amount(cases, payment, money(currency, 1, 0), "amount.currency_code");
      }
      amount(cases, payment, money("EUR", 1, 1_000_000), "amount.nanos");
      amount(cases, payment, money("EUR", 1, 1), "amount.nanos");
      amount(cases, payment, money("JPY", 1, 100_000_000), "amount.nanos");
      amount(cases, payment, money("KWD", 1, 100_000), "amount.nanos");
      amount(cases, payment, money("EUR", 1, 1_000_000_000), "amount.nanos");
      amount(cases, payment, money("EUR", -1, -1_000_000_000), "amount.nanos");
      amount(cases, payment, money("EUR", 1, Integer.MIN_VALUE), "amount.nanos");
      amount(cases, payment, money("EUR", 1, -10_000_000), "amount.nanos");
      amount(cases, payment, money("EUR", -1, 10_000_000), "amount.nanos");
      amount(cases, payment, money("EUR", Long.MAX_VALUE, 0), "amount.units");
      amount(cases, payment, money("EUR", Long.MIN_VALUE, 0), "amount.units");
      amount(cases, payment, money("EUR", Long.MAX_VALUE / 100, 80_000_000), "amount.units");
      amount(cases, payment, money("EUR", 0, 0), "amount");
      amount(cases, payment, money("EUR", -1, 0), "amount");
      amount(cases, payment, money("EUR", 0, -10_000_000), "amount");
      amount(cases, payment, money("JPY", Long.MIN_VALUE, 0), "amount");
    }
    return cases.stream();
  }

  static Stream<Arguments> texts() {
    List<Arguments> cases = new ArrayList<>();
    List<String> controls =
        List.of(
            "a\nb",
            "\u0000",
            "\u007f",
            "\u0085",
            "\t",
            SMILEY.repeat(50) + "\r",
            "x\u001b[2J",
            "to \u202eecila",
            "\u2066a\u2069",
            "a\u200bb",
            "\ufeff",
            "a\u2028b",
            "a\u2029b",
            "a\uDB40\uDC41");
    each(cases, opening("new", "EUR"), "display_name", controls);
    each(
        cases, opening("new", "EUR"), "display_name", List.of("a".repeat(129), SMILEY.repeat(129)));
    for (Message payment :
        List.of(
            deposit("eur", eur(1)), withdraw("eur", eur(1)), transfer("eur", "other", eur(1)))) {
      each(cases, payment, "description", controls);
      each(cases, payment, "description", List.of("a".repeat(257), SMILEY.repeat(257)));
    }
    return cases.stream();
  }

  static Stream<Arguments> times() {
    List<Arguments> cases = new ArrayList<>();
    List<Timestamp> wrong =
        List.of(
            time(-62_135_596_801L, 0),
            time(253_402_300_800L, 0),
            time(Long.MAX_VALUE, 0),
            time(0, -1),
            time(0, 1_000_000_000));
    each(cases, Requests.statement("eur"), "start_time", wrong);
    each(cases, Requests.statement("eur"), "end_time", wrong);
    cases.add(
        invalid(
            Requests.statement("eur").toBuilder()
                .setStartTime(time(1, 1000))
                .setEndTime(time(1, 0))
                .build(),
            "end_time"));
    return cases.stream();
  }

  private static Timestamp time(long seconds, int nanos) {
    return Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos).build();
  }

  private static void amount(List<Arguments> cases, Message payment, Money value, String field) {
    cases.add(invalid(with(payment, "amount", value), field));
  }

  private static void each(List<Arguments> cases, Message request, String field, List<?> values) {
    values.forEach(value -> cases.add(invalid(with(request, field, value), field)));
  }

  private static Arguments invalid(Message request, String field) {
    String name = request.getDescriptorForType().getName() + " " + field;
    return arguments(named(name, request), field);
  }
}
