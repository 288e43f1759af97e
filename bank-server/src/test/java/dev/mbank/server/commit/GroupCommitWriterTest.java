package dev.mbank.server.commit;

import static dev.mbank.server.commit.Commands.BOB;
import static dev.mbank.server.commit.Commands.EUR;
import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.Commands.transfer;
import static dev.mbank.server.commit.Commands.withdraw;
import static dev.mbank.server.commit.WriterRig.NOON;
import static dev.mbank.server.commit.WriterRig.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.mbank.server.commit.FakeLedgerStore.Gate;
import dev.mbank.server.commit.FakeLedgerStore.Moment;
import dev.mbank.server.commit.FakeLedgerStore.Step;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Decision;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Money;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.Refusal;
import dev.mbank.server.ledger.RequestKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupCommitWriterTest {

  private record Sent(Command command, CompletableFuture<Decision> answer) {}

  @Test
  void submit_manyThreads_oneTotalOrderThatThePureLedgerRepeats() throws Exception {
    List<String> accounts = List.of("a", "b", "c", "d", "e");
    int threads = 8;
    int each = 300;
    AtomicInteger completions = new AtomicInteger();
    List<Sent> submitted = new ArrayList<>();
    try (WriterRig rig = new WriterRig(threads * each * 2, 50, Duration.ofSeconds(10))) {
      rig.start();
      ExecutorService clients = Executors.newFixedThreadPool(threads);
      List<Future<List<Sent>>> runs = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Random random = new Random(thread);
        runs.add(
            clients.submit(
                () -> {
                  List<Sent> mine = new ArrayList<>();
                  for (int i = 0; i < each; i++) {
                    boolean retry = !mine.isEmpty() && random.nextInt(5) == 0;
                    Command command =
                        retry
                            ? mine.get(random.nextInt(mine.size())).command()
                            : Commands.any(random, accounts);
                    CompletableFuture<Decision> answer =
                        rig.writer
                            .submit(command)
                            .whenComplete((decision, failure) -> completions.incrementAndGet());
                    mine.add(new Sent(command, answer));
                  }
                  return mine;
                }));
      }
      for (Future<List<Sent>> run : runs) {
        submitted.addAll(run.get());
      }
      clients.shutdown();

      Map<RequestKey, Decision> answers = new HashMap<>();
      for (Sent one : submitted) {
        Decision answer = answer(one.answer());
        Decision before = answers.putIfAbsent(one.command().key(), answer);
        assertThat(before == null ? answer : before).isEqualTo(answer);
      }
      rig.writer.close();
      assertThat(completions).hasValue(threads * each);
      List<Outcome> journal = rig.store.journal();
      ReplayedLedger replayed = ReplayedLedger.of(journal);
      assertThat(journal).hasSize(answers.size());
      assertThat(journal)
          .allSatisfy(
              outcome ->
                  assertThat(answers).containsEntry(outcome.command().key(), outcome.decision()));
      assertThat(replayed.sequence())
          .isEqualTo(journal.stream().filter(one -> one.decision() instanceof Posted).count());
      assertThat(replayed.sequence()).isPositive().isLessThan(journal.size());
    }
  }

  @Test
  void submit_whileACommitIsUnderWay_gathersTheNextBatchUpToItsLimit() throws Exception {
    try (WriterRig rig = new WriterRig(1000, 10, Duration.ofSeconds(10))) {
      rig.start();
      Gate gate = rig.store.blockNext(Step.COMMIT, Moment.BEFORE);
      List<CompletableFuture<Decision>> answers = new ArrayList<>();
      answers.add(rig.writer.submit(open("first")));
      gate.awaitReached();
      IntStream.range(0, 25).forEach(i -> answers.add(rig.writer.submit(open("a" + i))));
      assertThat(answers).noneMatch(CompletableFuture::isDone);
      gate.open();
      answers.forEach(WriterRig::answer);
      assertThat(rig.store.commits()).extracting(List::size).containsExactly(1, 10, 10, 5);
      for (int i = 0; i < answers.size(); i++) {
        Posted posted = (Posted) answer(answers.get(i));
        assertThat(posted.transaction().sequence()).isEqualTo(i + 1);
      }
    }
  }

  @Test
  void submit_fullQueue_throwsOverloadedUntilAnswersGiveRoom() {
    try (WriterRig rig = new WriterRig(3, 2, Duration.ofSeconds(10))) {
      List<CompletableFuture<Decision>> waiting =
          IntStream.range(0, 3).mapToObj(i -> rig.writer.submit(open("a" + i))).toList();
      assertThat(rig.writer.pending()).isEqualTo(3);
      assertThatExceptionOfType(OverloadedException.class)
          .isThrownBy(() -> rig.writer.submit(open("b")))
          .withMessageContaining("3")
          .satisfies(e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofMillis(100)));
      assertThat(rig.writer.pending()).isEqualTo(3);

      rig.start();
      waiting.forEach(WriterRig::answer);
      assertThat(rig.writer.pending()).isZero();
      assertThat(rig.store.journal()).hasSize(3);
      rig.post(open("b"));
    }
  }

  @Test
  void submit_batchUnderWay_holdsItsPermits() throws Exception {
    try (WriterRig rig = new WriterRig(2, 2, Duration.ofSeconds(10))) {
      rig.start();
      Gate gate = rig.store.blockNext(Step.APPEND, Moment.BEFORE);
      CompletableFuture<Decision> first = rig.writer.submit(open("a"));
      gate.awaitReached();
      CompletableFuture<Decision> second = rig.writer.submit(open("b"));
      assertThatExceptionOfType(OverloadedException.class)
          .isThrownBy(() -> rig.writer.submit(open("c")));
      gate.open();
      answer(first);
      answer(second);
      assertThat(rig.writer.pending()).isZero();
    }
  }

  @Test
  void submit_sameRequestInOneBatch_isAppendedOnce() throws Exception {
    try (WriterRig rig = WriterRig.started()) {
      rig.post(open("a"));
      Gate gate = rig.store.blockNext(Step.COMMIT, Moment.BEFORE);
      CompletableFuture<Decision> before = rig.writer.submit(deposit("a", 1));
      gate.awaitReached();
      Deposit command = deposit("a", 500);
      Deposit other = new Deposit(command.key(), command.account(), new Money(EUR, 501), "in");
      Deposit bobs =
          new Deposit(
              new RequestKey(BOB, command.key().requestId()),
              command.account(),
              command.amount(),
              "in");
      CompletableFuture<Decision> first = rig.writer.submit(command);
      CompletableFuture<Decision> again = rig.writer.submit(command);
      CompletableFuture<Decision> reused = rig.writer.submit(other);
      CompletableFuture<Decision> anothers = rig.writer.submit(bobs);
      gate.open();
      answer(before);

      assertThat(answer(first)).isInstanceOf(Posted.class).isEqualTo(answer(again));
      assertThat(answer(reused))
          .isEqualTo(
              new Refused(
                  Refusal.REQUEST_ID_REUSED,
                  Map.of("request_id", command.key().requestId().toString(), "field", "amount")));
      assertThat(answer(anothers)).isInstanceOf(Posted.class).isNotEqualTo(answer(first));
      assertThat(rig.store.commits().get(2))
          .containsExactly(
              new Outcome(command, answer(first)), new Outcome(bobs, answer(anothers)));
    }
  }

  @Test
  void submit_onlyRepeatsInABatch_commitsWithoutAppending() {
    try (WriterRig rig = WriterRig.started()) {
      Command opening = open("a");
      Command overdraft = withdraw("a", 1);
      Decision opened = rig.decide(opening);
      Decision refused = rig.decide(overdraft);
      rig.post(deposit("a", 100));
      List<Outcome> journal = rig.store.journal();
      rig.store.takeSteps();

      assertThat(rig.decide(opening)).isEqualTo(opened);
      assertThat(rig.decide(overdraft)).isEqualTo(refused);
      rig.writer.close();
      assertThat(rig.store.takeSteps()).contains(Step.COMMIT).doesNotContain(Step.APPEND);
      assertThat(rig.store.journal()).isEqualTo(journal);
    }
  }

  @Test
  void submit_refused_isAppendedAndDisturbsNobody() {
    try (WriterRig rig = WriterRig.started()) {
      rig.post(open("a"));
      Command overdraft = withdraw("a", 1);
      Decision refused = rig.decide(overdraft);
      assertThat(refused)
          .isInstanceOfSatisfying(
              Refused.class, it -> assertThat(it.refusal()).isEqualTo(Refusal.INSUFFICIENT_FUNDS));
      assertThat(rig.store.journal()).last().isEqualTo(new Outcome(overdraft, refused));
      assertThat(rig.post(deposit("a", 1)).sequence()).isEqualTo(2);
    }
  }

  @Test
  void submit_warmAccount_isNotReadAgain() {
    try (WriterRig rig = WriterRig.started()) {
      rig.post(open("a"));
      rig.post(deposit("a", 100));
      rig.store.takeSteps();
      rig.post(withdraw("a", 30));
      assertThat(rig.post(withdraw("a", 70)).entries().get(0).balance()).isZero();
      assertThat(rig.store.takeSteps()).contains(Step.OUTCOMES).doesNotContain(Step.ACCOUNTS);
    }
  }

  @Test
  void submit_anotherServerPosted_takesItInAndReadsOnlyWhatItLacks() {
    try (WriterRig rig = WriterRig.started()) {
      rig.post(open("a"));
      rig.post(deposit("a", 100));
      rig.store.decideElsewhere(deposit("a", 900), NOON);
      rig.store.decideElsewhere(withdraw("a", 10_000), NOON); // Refused.
      rig.store.decideElsewhere(open("b"), NOON);
      rig.store.decideElsewhere(transfer("a", "b", 300), NOON);
      rig.store.takeSteps();

      assertThat(rig.post(transfer("b", "a", 300)).entries().get(1).balance()).isEqualTo(1000);
      assertThat(rig.store.takeSteps()).contains(Step.OUTCOMES).doesNotContain(Step.ACCOUNTS);
      ReplayedLedger.of(rig.store.journal());
    }
  }

  @Test
  void submit_anotherServerPostedToAnUnknownAccount_readsItWhenNeeded() {
    try (WriterRig rig = WriterRig.started()) {
      rig.store.decideElsewhere(open("a"), NOON);
      rig.post(open("b"));
      rig.store.decideElsewhere(deposit("a", 900), NOON);
      rig.post(open("c"));
      rig.store.takeSteps();

      assertThat(rig.post(withdraw("a", 900)).entries().get(0).balance()).isZero();
      assertThat(rig.store.takeSteps()).contains(Step.ACCOUNTS);
      ReplayedLedger.of(rig.store.journal());
    }
  }

  @Test
  void submit_anotherServerPostedWhatTheStoreForgot_readsTheAccountsAgain() {
    try (WriterRig rig = WriterRig.started()) {
      rig.store.forget();
      rig.post(open("a"));
      rig.post(deposit("a", 100));
      rig.store.decideElsewhere(deposit("a", 900), NOON.plusSeconds(5));
      rig.store.takeSteps();

      assertThat(rig.post(withdraw("a", 1000)).entries().get(0).balance()).isZero();
      assertThat(rig.store.takeSteps()).contains(Step.ACCOUNTS);
      ReplayedLedger replayed = ReplayedLedger.of(rig.store.journal());
      assertThat(replayed.sequence()).isEqualTo(4);
      // The other server's clock goes before ours: its time is the earliest that we may give.
      assertThat(replayed.head().commitTime()).isEqualTo(NOON.plusSeconds(5));
    }
  }

  @Test
  void submit_decidedByAnotherServer_givesItsDecision() {
    try (WriterRig rig = WriterRig.started()) {
      Command opening = open("a");
      Decision theirs = rig.store.decideElsewhere(opening, NOON);
      assertThat(rig.decide(opening)).isEqualTo(theirs);
      assertThat(rig.store.journal()).hasSize(1);
    }
  }

  @Test
  void submit_clockGoesBack_commitTimesDoNot() {
    try (WriterRig rig = WriterRig.started()) {
      rig.clock.set(NOON.plusNanos(1_999));
      assertThat(rig.post(open("a")).commitTime()).isEqualTo(NOON.plusNanos(1_000));
      rig.clock.set(NOON.minusSeconds(3600));
      assertThat(rig.post(open("b")).commitTime()).isEqualTo(NOON.plusNanos(1_000));
      rig.clock.set(Instant.EPOCH.minusSeconds(1));
      assertThat(rig.post(open("c")).commitTime()).isEqualTo(NOON.plusNanos(1_000));
      rig.clock.set(NOON.plusSeconds(1));
      assertThat(rig.post(open("d")).commitTime()).isEqualTo(NOON.plusSeconds(1));
      ReplayedLedger.of(rig.store.journal());
    }
  }

  @Test
  void submit_callbackThrows_nextBatchWorks() {
    try (WriterRig rig = new WriterRig()) {
      CompletableFuture<Decision> first = rig.writer.submit(open("a"));
      CompletableFuture<Void> callback =
          first.thenAccept(
              decision -> {
                throw new IllegalStateException("a callback that fails");
              });
      rig.start();
      answer(first);
      rig.post(open("b"));
      assertThat(callback).isCompletedExceptionally();
    }
  }
}
