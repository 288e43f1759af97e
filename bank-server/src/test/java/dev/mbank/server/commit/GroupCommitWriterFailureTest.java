package dev.mbank.server.commit;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.Commands.withdraw;
import static dev.mbank.server.commit.WriterRig.answer;
import static dev.mbank.server.commit.WriterRig.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.commit.FakeLedgerStore.Gate;
import dev.mbank.server.commit.FakeLedgerStore.Moment;
import dev.mbank.server.commit.FakeLedgerStore.Step;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Decision;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GroupCommitWriterFailureTest {
  private final StoreUnavailableException unavailable =
      new StoreUnavailableException("the store is away");
  private final OutcomeUnknownException unknown =
      new OutcomeUnknownException("the store went away", unavailable);

  @ParameterizedTest
  @CsvSource({
    "BEGIN, BEFORE",
    "BEGIN, AFTER",
    "HEAD, BEFORE",
    "HEAD, AFTER",
    "OUTCOMES, BEFORE",
    "OUTCOMES, AFTER",
    "ACCOUNTS, BEFORE",
    "ACCOUNTS, AFTER",
    "APPEND, BEFORE",
    "APPEND, AFTER",
    "COMMIT, BEFORE",
  })
  void commit_storeUnavailableInAStep_failsTheBatchAndAppliesNothing(Step step, Moment moment)
      throws Exception {
    try (WriterRig rig = WriterRig.started()) {
      List<Command> batch = failBatch(rig, step, moment, unavailable);
      assertThat(rig.store.journal()).hasSize(3);

      // Nothing of it stayed in the warm view either: the same commands are decided afresh.
      rig.store.takeSteps();
      assertThat(rig.post(batch.get(0)).entries().get(1).balance()).isEqualTo(110);
      assertThat(rig.store.takeSteps()).contains(Step.ACCOUNTS);
      assertThat(rig.post(batch.get(1)).sequence()).isEqualTo(5);
      assertThat(rig.post(batch.get(2)).sequence()).isEqualTo(6);
      ReplayedLedger.of(rig.store.journal());
    }
  }

  @ParameterizedTest
  @EnumSource
  void commit_outcomeUnknown_retryTellsWhatHappened(Moment moment) throws Exception {
    try (WriterRig rig = WriterRig.started()) {
      List<Command> batch = failBatch(rig, Step.COMMIT, moment, unknown);
      int done = moment == Moment.AFTER ? 3 : 0;
      List<Outcome> journal = rig.store.journal();
      assertThat(journal).hasSize(3 + done);

      for (int i = 0; i < 3; i++) {
        Decision decision = rig.decide(batch.get(i));
        assertThat(((Posted) decision).transaction().sequence()).isEqualTo(4 + i);
      }
      assertThat(rig.store.journal()).hasSize(6).startsWith(journal.toArray(Outcome[]::new));
      assertThat(rig.post(withdraw("warm", 110)).entries().get(0).balance()).isZero();
      ReplayedLedger.of(rig.store.journal());
    }
  }

  /** Warms two accounts, then fails a batch of three in a step, each command for that reason. */
  private static List<Command> failBatch(WriterRig rig, Step step, Moment moment, Throwable why)
      throws InterruptedException {
    rig.post(open("warm"));
    rig.post(deposit("warm", 100));
    Gate gate = rig.store.blockNext(Step.CLOSE, Moment.AFTER);
    CompletableFuture<Decision> before = rig.writer.submit(open("other"));
    gate.awaitReached();
    rig.store.failNext(step, moment, why);
    List<Command> batch = List.of(deposit("warm", 10), open("cold"), deposit("other", 5));
    List<CompletableFuture<Decision>> answers = batch.stream().map(rig.writer::submit).toList();
    gate.open();
    answer(before);
    assertThat(answers).allSatisfy(one -> assertThat(failure(one)).isSameAs(why));
    assertThat(rig.writer.pending()).isZero();
    await().until(() -> rig.heard.contains(false));
    return batch;
  }

  @Test
  void commit_unforeseenFailureInTheCommit_isOutcomeUnknown() {
    try (WriterRig rig = WriterRig.started()) {
      Error unforeseen = new AssertionError("nobody thought of this");
      rig.store.failNext(Step.COMMIT, Moment.AFTER, unforeseen);
      Command opening = open("a");
      assertThat(failure(rig.writer.submit(opening)))
          .isInstanceOf(OutcomeUnknownException.class)
          .hasCause(unforeseen);
      assertThat(rig.post(opening).sequence()).isEqualTo(1);
    }
  }

  @Test
  void commit_unforeseenFailureBeforeTheCommit_failsTheBatchWithIt() {
    try (WriterRig rig = WriterRig.started()) {
      Error unforeseen = new AssertionError("nobody thought of this");
      rig.store.failNext(Step.APPEND, Moment.BEFORE, unforeseen);
      Command opening = open("a");
      assertThat(failure(rig.writer.submit(opening))).isSameAs(unforeseen);
      assertThat(rig.post(opening).sequence()).isEqualTo(1);
    }
  }

  @Test
  void commit_onlyRepeatsAndTheCommitFails_tellsNothing() {
    try (WriterRig rig = WriterRig.started()) {
      Command opening = open("a");
      rig.post(opening);
      rig.store.failNext(Step.COMMIT, Moment.BEFORE, unknown);
      assertThat(failure(rig.writer.submit(opening))).isSameAs(unknown);
      assertThat(rig.post(opening).sequence()).isEqualTo(1);
    }
  }

  @Test
  void commit_storeDoesNotBegin_failsAllThatCameMeanwhile() throws Exception {
    int batch = 2;
    try (WriterRig rig = new WriterRig(100, batch, Duration.ofSeconds(10))) {
      rig.start();
      rig.post(open("a"));
      Gate gate = rig.store.blockNext(Step.CLOSE, Moment.AFTER);
      CompletableFuture<Decision> before = rig.writer.submit(open("b"));
      gate.awaitReached();
      rig.store.failNext(Step.BEGIN, Moment.BEFORE, unavailable);
      List<CompletableFuture<Decision>> answers = new ArrayList<>();
      for (int i = 0; i < 3 * batch; i++) {
        answers.add(rig.writer.submit(deposit("a", 1)));
      }
      gate.open();
      answer(before);
      assertThat(answers).allSatisfy(one -> assertThat(failure(one)).isSameAs(unavailable));
      assertThat(rig.writer.pending()).isZero();
      assertThat(rig.post(deposit("a", 1)).sequence()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @EnumSource
  void commit_closeFailsAfterAConfirmedCommit_answersSuccess(Moment moment) {
    try (WriterRig rig = WriterRig.started()) {
      rig.post(open("a"));
      rig.store.failNext(Step.CLOSE, moment, unavailable);
      assertThat(rig.post(deposit("a", 5)).sequence()).isEqualTo(2);
      assertThat(rig.post(deposit("a", 5)).entries().get(1).balance()).isEqualTo(10);
      ReplayedLedger.of(rig.store.journal());
    }
  }

  @Test
  void commit_closeFailsToo_tellsTheFirstFailure() {
    try (WriterRig rig = WriterRig.started()) {
      rig.store.failNext(Step.COMMIT, Moment.BEFORE, unknown);
      rig.store.failNext(Step.CLOSE, Moment.BEFORE, unavailable);
      assertThat(failure(rig.writer.submit(open("a")))).isSameAs(unknown);
      rig.post(open("a"));
    }
  }

  @Test
  void commit_oneDecisionThrows_failsThatCommandAlone() throws Exception {
    try (WriterRig rig = WriterRig.started()) {
      rig.post(open("a"));
      rig.store.damage("damaged");
      Gate gate = rig.store.blockNext(Step.CLOSE, Moment.AFTER);
      CompletableFuture<Decision> before = rig.writer.submit(open("b"));
      gate.awaitReached();
      CompletableFuture<Decision> first = rig.writer.submit(deposit("a", 1));
      Command bad = deposit("damaged", 1);
      CompletableFuture<Decision> failed = rig.writer.submit(bad);
      CompletableFuture<Decision> last = rig.writer.submit(deposit("a", 2));
      gate.open();
      answer(before);

      assertThat(failure(failed)).isInstanceOf(NullPointerException.class);
      assertThat(((Posted) answer(first)).transaction().sequence()).isEqualTo(3);
      assertThat(((Posted) answer(last)).transaction().sequence()).isEqualTo(4);
      assertThat(rig.store.journal()).extracting(Outcome::command).doesNotContain(bad);
      assertThat(rig.writer.pending()).isZero();
      assertThat(rig.heard).containsExactly(true);
      ReplayedLedger.of(rig.store.journal());
    }
  }

  @Test
  void availability_storeWorks_isToldWithoutACommandAndOnce() {
    try (WriterRig rig = new WriterRig()) {
      assertThat(rig.writer.isAvailable()).isFalse();
      rig.start();
      assertThat(rig.writer.isAvailable()).isTrue();
      rig.post(open("a"));
      rig.post(open("b"));
      assertThat(rig.heard).containsExactly(true);
      rig.writer.close();
      assertThat(rig.heard).containsExactly(true, false);
      assertThat(rig.writer.isAvailable()).isFalse();
    }
  }

  @Test
  void availability_storeFailsAndRecovers_isFoundOutByProbing() {
    try (WriterRig rig = WriterRig.started()) {
      rig.store.setBroken(true);
      assertThat(failure(rig.writer.submit(open("a"))))
          .isInstanceOf(StoreUnavailableException.class);
      assertThat(rig.heard).containsExactly(true, false);
      assertThat(rig.writer.isAvailable()).isFalse();
      rig.store.setBroken(false);
      await().atMost(Duration.ofSeconds(5)).until(rig.writer::isAvailable);
      assertThat(rig.heard).containsExactly(true, false, true);
      rig.writer.close();
      assertThat(rig.heard).containsExactly(true, false, true, false);
    }
  }

  @Test
  void availability_storeAwayAtTheStart_isUnavailableUntilItComes() {
    try (WriterRig rig = new WriterRig()) {
      rig.store.setBroken(true);
      rig.start();
      assertThat(rig.heard).containsExactly(false);
      rig.store.setBroken(false);
      await().atMost(Duration.ofSeconds(5)).until(rig.writer::isAvailable);
      assertThat(rig.heard).containsExactly(false, true);
      rig.post(open("a"));
    }
  }

  @Test
  void availability_probeFailsUnforeseen_keepsTheWriterAlive() {
    try (WriterRig rig = new WriterRig()) {
      rig.store.failNext(Step.HEAD, Moment.BEFORE, new AssertionError("nobody thought of this"));
      rig.start();
      await().atMost(Duration.ofSeconds(5)).until(rig.writer::isAvailable);
      assertThat(rig.heard).containsExactly(false, true);
      rig.post(open("a"));
    }
  }

  @Test
  void availability_storeFailsWhileIdle_isNoticedWithoutACommand() {
    try (WriterRig rig = WriterRig.probing(Duration.ofMillis(1))) {
      rig.start();
      rig.store.setBroken(true);
      await().atMost(Duration.ofSeconds(5)).until(() -> !rig.writer.isAvailable());
      assertThat(rig.heard).containsExactly(true, false);
    }
  }

  @Test
  void availability_oneListenerThrows_disturbsNobody() {
    try (WriterRig rig = new WriterRig()) {
      rig.listenerFailure = new AssertionError("a listener that fails");
      rig.start();
      rig.post(open("a"));
      rig.store.failNext(Step.APPEND, Moment.BEFORE, unavailable);
      assertThat(failure(rig.writer.submit(open("b")))).isSameAs(unavailable);
      rig.post(open("b"));
      rig.writer.close();
      assertThat(rig.heard).containsExactly(true, false, true, false);
    }
  }
}
