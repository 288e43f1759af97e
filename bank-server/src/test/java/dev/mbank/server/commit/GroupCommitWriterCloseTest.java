package dev.mbank.server.commit;

import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.WriterRig.answer;
import static dev.mbank.server.commit.WriterRig.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.mbank.server.commit.FakeLedgerStore.Gate;
import dev.mbank.server.commit.FakeLedgerStore.Moment;
import dev.mbank.server.commit.FakeLedgerStore.Step;
import dev.mbank.server.ledger.Decision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GroupCommitWriterCloseTest {

  @Test
  void close_fullQueue_decidesEverything() throws Exception {
    try (WriterRig rig = new WriterRig(50, 7, Duration.ofSeconds(10))) {
      rig.start();
      Gate gate = rig.store.blockNext(Step.COMMIT, Moment.BEFORE);
      List<CompletableFuture<Decision>> answers = new ArrayList<>();
      answers.add(rig.writer.submit(open("first")));
      gate.awaitReached();
      IntStream.range(1, 50).forEach(i -> answers.add(rig.writer.submit(open("a" + i))));
      CompletableFuture<Void> closed = CompletableFuture.runAsync(rig.writer::close);
      assertThatExceptionOfType(StoreUnavailableException.class)
          .isThrownBy(
              () -> {
                while (true) {
                  try {
                    rig.writer.submit(open("late"));
                  } catch (OverloadedException e) {
                    Thread.onSpinWait();
                  }
                }
              });
      gate.open();
      closed.get(10, TimeUnit.SECONDS);

      assertThat(answers).allMatch(CompletableFuture::isDone);
      answers.forEach(WriterRig::answer);
      assertThat(rig.store.journal()).hasSize(50);
      assertThat(rig.writer.pending()).isZero();
      assertThat(rig.heard).containsExactly(true, false);
    }
  }

  @Test
  void close_racedBySubmissions_leavesNoFutureOpen() throws Exception {
    int threads = 3;
    ExecutorService clients = Executors.newFixedThreadPool(threads);
    for (int round = 0; round < 300; round++) {
      WriterRig rig = new WriterRig(60, 7, Duration.ofSeconds(10));
      CountDownLatch going = new CountDownLatch(threads);
      List<Future<List<CompletableFuture<Decision>>>> runs = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        runs.add(clients.submit(() -> submitUntilClosed(rig, going)));
      }
      rig.writer.start();
      going.await();
      rig.writer.close();
      List<CompletableFuture<Decision>> answers = new ArrayList<>();
      for (Future<List<CompletableFuture<Decision>>> run : runs) {
        answers.addAll(run.get(10, TimeUnit.SECONDS));
      }
      assertThat(answers).isNotEmpty().allMatch(CompletableFuture::isDone);
      long decided = answers.stream().filter(one -> !one.isCompletedExceptionally()).count();
      assertThat(rig.store.journal()).hasSize(Math.toIntExact(decided));
      assertThat(answers)
          .filteredOn(CompletableFuture::isCompletedExceptionally)
          .allSatisfy(
              one -> assertThat(failure(one)).isInstanceOf(StoreUnavailableException.class));
      assertThat(rig.writer.pending()).isZero();
    }
    clients.shutdown();
  }

  private static List<CompletableFuture<Decision>> submitUntilClosed(
      WriterRig rig, CountDownLatch going) {
    List<CompletableFuture<Decision>> mine = new ArrayList<>();
    while (true) {
      try {
        mine.add(rig.writer.submit(open("a")));
      } catch (OverloadedException e) {
        Thread.onSpinWait();
      } catch (StoreUnavailableException e) {
        return mine;
      }
      going.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"BEGIN", "APPEND", "COMMIT"})
  void close_storeHangs_isBoundedAndAnswersEverybody(Step step) throws Exception {
    try (WriterRig rig = new WriterRig(10, 5, Duration.ofMillis(100))) {
      rig.start();
      Gate gate = rig.store.blockNext(step, Moment.BEFORE);
      CompletableFuture<Decision> underWay = rig.writer.submit(open("a"));
      gate.awaitReached();
      CompletableFuture<Decision> queued = rig.writer.submit(open("b"));
      assertTimeoutPreemptively(Duration.ofSeconds(5), rig.writer::close);

      assertThat(underWay).isDone();
      assertThat(failure(underWay)).isInstanceOf(OutcomeUnknownException.class);
      assertThat(queued).isDone();
      assertThat(failure(queued)).isInstanceOf(StoreUnavailableException.class);
      assertThatExceptionOfType(StoreUnavailableException.class)
          .isThrownBy(() -> rig.writer.submit(open("c")));
      gate.open();
      rig.writer.close();
      assertThat(failure(underWay)).isInstanceOf(OutcomeUnknownException.class);
      assertThat(rig.store.journal()).hasSize(1);
      assertThat(rig.writer.pending()).isZero();
    }
  }

  @Test
  void close_interrupted_stopsWaitingAndKeepsTheInterrupt() throws Exception {
    try (WriterRig rig = WriterRig.started()) {
      Gate gate = rig.store.blockNext(Step.COMMIT, Moment.BEFORE);
      CompletableFuture<Decision> underWay = rig.writer.submit(open("a"));
      gate.awaitReached();
      Thread.currentThread().interrupt();
      rig.writer.close();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(failure(underWay)).isInstanceOf(OutcomeUnknownException.class);
      gate.open();
    }
  }

  @Test
  void close_storeFails_answersEverything() {
    try (WriterRig rig = new WriterRig()) {
      rig.store.setBroken(true);
      List<CompletableFuture<Decision>> answers =
          IntStream.range(0, 20).mapToObj(i -> rig.writer.submit(open("a" + i))).toList();
      rig.start();
      rig.writer.close();
      assertThat(answers).allMatch(CompletableFuture::isCompletedExceptionally);
      assertThat(rig.heard).containsExactly(false);
    }
  }

  @Test
  void close_neverStarted_answersEverything() {
    WriterRig rig = new WriterRig();
    CompletableFuture<Decision> first = rig.writer.submit(open("a"));
    CompletableFuture<Decision> second = rig.writer.submit(open("b"));
    rig.writer.close();
    assertThat(first).isDone();
    assertThat(failure(first)).isInstanceOf(StoreUnavailableException.class);
    assertThat(failure(second)).isInstanceOf(StoreUnavailableException.class);
    assertThat(rig.writer.pending()).isZero();
    assertThat(rig.store.takeSteps()).isEmpty();
  }

  @Test
  void close_twice_changesNothing() {
    WriterRig rig = WriterRig.started();
    CompletableFuture<Decision> first = rig.writer.submit(open("a"));
    rig.writer.close();
    rig.writer.close();
    answer(first);
    assertThat(rig.heard).containsExactly(true, false);
  }
}
