package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.id;
import static dev.mbank.server.grpc.Requests.money;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.with;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.ListAccountsRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How far fields may go, and page tokens that serve no other request. */
class RequestLimitsTest {
  private static final String SMILEY = "\uD83D\uDE00";

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

  private static Timestamp time(long seconds, int nanos) {
    return Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos).build();
  }

  @Test
  void call_pageTokenOfAnotherRequest_invalidField() {
    GetStatementRequest statement = Requests.statement("eur").toBuilder().setPageSize(1).build();
    String token = bank.as(TELLER).getStatement(statement).getNextPageToken();
    ListAccountsRequest accounts = ListAccountsRequest.newBuilder().setPageSize(1).build();
    String listToken = bank.as(TELLER).listAccounts(accounts).getNextPageToken();
    assertThat(token).isNotEmpty();
    assertThat(listToken).isNotEmpty();

    for (Message foreign :
        List.of(
            with(accounts, "page_token", token),
            with(statement, "page_token", listToken),
            statement.toBuilder().setAccountId("other").setPageToken(token).build(),
            statement.toBuilder().setStartTime(time(1, 0)).setPageToken(token).build(),
            statement.toBuilder().setEndTime(time(1, 0)).setPageToken(token).build(),
            with(statement, "page_token", token.substring(1)),
            with(statement, "page_token", token + "A"))) {
      InvalidFieldTest.assertInvalid(bank, foreign, "page_token");
    }
  }

  @Test
  void call_pageTokenWithOtherNumbers_invalidField() {
    String statement = "statement/eur/null/null";
    for (String token :
        List.of(
            PageToken.encode(statement, 0, 2, 1),
            PageToken.encode(statement, 2, 1, 3),
            PageToken.encode(statement, -1, 1, 3),
            PageToken.encode(statement, 1, 2))) {
      InvalidFieldTest.assertInvalid(
          bank, Requests.statement("eur").toBuilder().setPageToken(token).build(), "page_token");
    }
    String negative = PageToken.encode("accounts", -1);
    InvalidFieldTest.assertInvalid(
        bank, with(Requests.accounts(), "page_token", negative), "page_token");
  }

  @Test
  void call_longValueOfManyCodePoints_isShownCutBetweenThem() {
    BankError error =
        InvalidFieldTest.assertInvalid(
            bank, with(Requests.account(""), "account_id", "a" + SMILEY.repeat(100)), "account_id");

    assertThat(error.full().getMessage()).contains(SMILEY + "...").doesNotContain("?");
  }

  @Test
  void call_fieldsAtTheirLimits_accepted() {
    String longest = "a".repeat(63);
    var opened =
        bank.as(TELLER)
            .createAccount(
                opening(longest, "USD").toBuilder().setDisplayName(SMILEY.repeat(128)).build())
            .getAccount();
    assertThat(opened.getAccountId()).isEqualTo(longest);
    assertThat(opened.getDisplayName()).isEqualTo(SMILEY.repeat(128));
    String requestId = id();
    var paid =
        bank.as(TELLER)
            .deposit(
                deposit(longest, money("USD", Long.MAX_VALUE / 100, 70_000_000)).toBuilder()
                    .setRequestId(requestId.toUpperCase(java.util.Locale.ROOT))
                    .setDescription(SMILEY.repeat(256))
                    .build())
            .getTransaction();
    assertThat(paid.getRequestId()).isEqualTo(requestId);
    assertThat(paid.getDescription()).isEqualTo(SMILEY.repeat(256));
    GetStatementRequest always =
        Requests.statement(longest).toBuilder()
            .setStartTime(time(-62_135_596_800L, 0))
            .setEndTime(time(253_402_300_799L, 999_999_999))
            .setPageSize(Integer.MAX_VALUE)
            .build();
    assertThat(bank.as(TELLER).getStatement(always).getEntriesCount()).isEqualTo(2);
  }
}
