package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.statement;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.AUDITOR;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import com.google.type.Money;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.GetStatementResponse;
import dev.mbank.v1.StatementEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Statements: spans of time, pages, and what writes meanwhile do to them, which is nothing. */
class StatementTest {
  @TempDir Path folder;
  private TestBank bank;

  @BeforeEach
  void open() {
    bank = TestBank.open(folder);
    call(bank.as(TELLER), opening("a", "EUR"));
    call(bank.as(TELLER), opening("b", "EUR"));
  }

  @AfterEach
  void close() {
    bank.close();
  }

  @Test
  void getStatement_whole_beginsWithTheOpeningAndRunsToTheBalance() {
    call(bank.as(TELLER), deposit("a", eur(10)));
    call(bank.as(TELLER), withdraw("a", eur(3)));
    call(bank.as(TELLER), transfer("a", "b", eur(2)));

    GetStatementResponse statement = bank.as(AUDITOR).getStatement(statement("a"));

    assertThat(statement.getOpeningBalance()).isEqualTo(eur(0));
    assertThat(statement.getClosingBalance()).isEqualTo(eur(5));
    assertThat(statement.getNextPageToken()).isEmpty();
    assertThat(statement.getEntriesList())
        .extracting(StatementEntry::getTransactionId)
        .containsExactly("tx-1", "tx-3", "tx-4", "tx-5");
    assertThat(statement.getEntriesList())
        .extracting(StatementEntry::getAmount)
        .containsExactly(eur(0), eur(10), eur(-3), eur(-2));
    assertThat(statement.getEntriesList())
        .extracting(StatementEntry::getBalance)
        .containsExactly(eur(0), eur(10), eur(7), eur(5));
    for (StatementEntry entry : statement.getEntriesList()) {
      var transaction =
          bank.as(AUDITOR)
              .getTransaction(Requests.transaction(entry.getTransactionId()))
              .getTransaction();
      assertThat(entry.getKind()).isEqualTo(transaction.getKind());
      assertThat(entry.getDescription()).isEqualTo(transaction.getDescription());
      assertThat(entry.getCommitTime()).isEqualTo(transaction.getCommitTime());
      assertThat(entry.getSequence()).isEqualTo(transaction.getSequence());
    }
  }

  @Test
  void getStatement_everySpanOfTime_holdsTheEntriesFromStartToBeforeEnd() {
    for (int i = 1; i <= 5; i++) {
      call(bank.as(TELLER), deposit("a", eur(i)));
    }
    List<StatementEntry> all = bank.as(AUDITOR).getStatement(statement("a")).getEntriesList();
    List<Timestamp> times = new ArrayList<>();
    for (StatementEntry entry : all) {
      for (int nanos : new int[] {-1, 0, 1}) {
        times.add(Timestamps.add(entry.getCommitTime(), span(nanos)));
      }
    }
    for (Timestamp start : times) {
      for (Timestamp end : times) {
        if (Timestamps.compare(start, end) <= 0) {
          GetStatementResponse span =
              bank.as(AUDITOR)
                  .getStatement(
                      statement("a").toBuilder().setStartTime(start).setEndTime(end).build());

          assertThat(span.getEntriesList())
              .containsExactlyElementsOf(
                  all.stream()
                      .filter(each -> Timestamps.compare(each.getCommitTime(), start) >= 0)
                      .filter(each -> Timestamps.compare(each.getCommitTime(), end) < 0)
                      .toList());
          assertAddsUp(List.of(span));
        }
      }
    }
  }

  private static com.google.protobuf.Duration span(int nanos) {
    return com.google.protobuf.Duration.newBuilder().setNanos(nanos).build();
  }

  @Test
  void getStatement_spanBeforeOrAfterAll_isEmptyAtTheRightBalance() {
    call(bank.as(TELLER), deposit("a", eur(10)));
    Timestamp early = Timestamps.fromSeconds(0);
    Timestamp late = Timestamps.fromSeconds(4_000_000_000L);

    GetStatementResponse before =
        bank.as(AUDITOR).getStatement(statement("a").toBuilder().setEndTime(early).build());
    GetStatementResponse after =
        bank.as(AUDITOR).getStatement(statement("a").toBuilder().setStartTime(late).build());

    assertThat(before.getEntriesList()).isEmpty();
    assertThat(before.getClosingBalance()).isEqualTo(eur(0));
    assertThat(after.getEntriesList()).isEmpty();
    assertThat(after.getOpeningBalance()).isEqualTo(eur(10));
    assertThat(after.getClosingBalance()).isEqualTo(eur(10));
  }

  @Test
  void getStatement_pagesUnderConcurrentWrites_areTheStatementOfTheFirstPage() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    CountDownLatch begun = new CountDownLatch(20);
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      boolean in = i < 2;
      var teller = bank.as(TELLER);
      call(teller, deposit("a", eur(1000)));
      writers.add(
          CompletableFuture.runAsync(
              () -> {
                while (!enough.get()) {
                  Message request = in ? deposit("a", eur(2)) : transfer("a", "b", eur(1));
                  call(teller, request);
                  begun.countDown();
                }
              }));
    }
    assertThat(begun.await(20, SECONDS)).isTrue();

    for (int pageSize : new int[] {1, 3, 7, 1000}) {
      // A statement without an end must not run after the writers.
      List<GetStatementResponse> pages = pages(statement("a"), pageSize);
      long last = sequence(pages.get(pages.size() - 1));

      assertAddsUp(pages);
      assertThat(pages).allSatisfy(page -> assertThat(sequence(page)).isLessThanOrEqualTo(last));
      List<StatementEntry> whole =
          pages(statement("a"), 1000).stream()
              .flatMap(page -> page.getEntriesList().stream())
              .filter(entry -> entry.getSequence() <= last)
              .toList();
      assertThat(pages.stream().flatMap(page -> page.getEntriesList().stream()))
          .containsExactlyElementsOf(whole);
    }
    enough.set(true);
    CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new)).get(20, SECONDS);
  }

  private static long sequence(GetStatementResponse page) {
    return page.getEntries(page.getEntriesCount() - 1).getSequence();
  }

  private List<GetStatementResponse> pages(GetStatementRequest request, int pageSize) {
    List<GetStatementResponse> pages = new ArrayList<>();
    String token = "";
    do {
      GetStatementResponse page =
          bank.as(AUDITOR)
              .getStatement(request.toBuilder().setPageSize(pageSize).setPageToken(token).build());
      assertThat(page.getEntriesCount()).isLessThanOrEqualTo(pageSize);
      pages.add(page);
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return pages;
  }

  /** The opening balance and each entry give the balance after it; the last is the closing one. */
  private static void assertAddsUp(List<GetStatementResponse> pages) {
    Money opening = pages.get(0).getOpeningBalance();
    Money closing = pages.get(0).getClosingBalance();
    long balance = opening.getUnits();
    for (GetStatementResponse page : pages) {
      assertThat(page.getOpeningBalance()).isEqualTo(opening);
      assertThat(page.getClosingBalance()).isEqualTo(closing);
      for (StatementEntry entry : page.getEntriesList()) {
        balance += entry.getAmount().getUnits();
        assertThat(entry.getBalance()).isEqualTo(eur(balance));
      }
    }
    assertThat(closing).isEqualTo(eur(balance));
  }
}
