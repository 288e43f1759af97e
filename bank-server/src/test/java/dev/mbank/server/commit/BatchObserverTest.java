package dev.mbank.server.commit;

import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.WriterRig.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.commit.FakeLedgerStore.Gate;
import dev.mbank.server.commit.FakeLedgerStore.Moment;
import dev.mbank.server.commit.FakeLedgerStore.Step;
import dev.mbank.server.ledger.Decision;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BatchObserverTest {
  private final FakeLedgerStore store = new FakeLedgerStore();
  private final Observer observer = new Observer();
  private final GroupCommitWriter writer =
      new GroupCommitWriter(
          store,
          Clock.systemUTC(),
          new CommitSettings(
              100, 100, Duration.ofMillis(10), Duration.ofHours(1), Duration.ofSeconds(10)),
          List.of(),
          observer);

  private record Watched(int commands, List<Object> origins, @Nullable Throwable failure) {}

  /** Follows what is submitted while there is an origin. */
  private static final class Observer implements BatchObserver {
    final List<Watched> watched = new CopyOnWriteArrayList<>();
    @Nullable Object origin;
    boolean failsBefore;
    boolean failsAfter;

    @Override
    public @Nullable Object origin() {
      return origin;
    }

    @Override
    public void watch(int commands, List<Object> origins, Supplier<@Nullable Throwable> commit) {
      if (failsBefore) {
        throw new IllegalStateException("before");
      }
      watched.add(new Watched(commands, origins, commit.get()));
      if (failsAfter) {
        throw new IllegalStateException("after");
      }
    }
  }

  /** Until it has tried its store, which is a commit, too. */
  @BeforeEach
  void start() {
    writer.start();
    await().until(writer::isAvailable);
  }

  @AfterEach
  void close() {
    writer.close();
  }

  @Test
  void watch_batchOfSeveral_hasTheOriginsOfThoseThatAreFollowed() throws Exception {
    Gate gate = store.blockNext(Step.COMMIT, Moment.BEFORE);
    List<CompletableFuture<Decision>> answers = new ArrayList<>();
    answers.add(submit("alone", null));
    gate.awaitReached();
    answers.add(submit("first", 1));
    answers.add(submit("unseen", null));
    answers.add(submit("last", 2));
    gate.open();
    answers.forEach(WriterRig::answer);

    assertThat(observer.watched).containsExactly(new Watched(3, List.of(1, 2), null));
  }

  @Test
  void watch_commitThatFails_isTold() {
    OutcomeUnknownException failure = new OutcomeUnknownException("gone", new Exception());
    answer(submit("good", 1));
    store.failNext(Step.COMMIT, Moment.BEFORE, failure);
    WriterRig.failure(submit("bad", 2));

    assertThat(observer.watched)
        .containsExactly(new Watched(1, List.of(1), null), new Watched(1, List.of(2), failure));
  }

  @Test
  void watch_observerThatFails_holdsUpNoCommit() {
    observer.failsBefore = true;
    assertThat(answer(submit("before", 1))).isInstanceOf(Decision.Posted.class);
    observer.failsBefore = false;
    observer.failsAfter = true;
    assertThat(answer(submit("after", 2))).isInstanceOf(Decision.Posted.class);
    observer.failsAfter = false;
    assertThat(answer(submit("then", 3))).isInstanceOf(Decision.Posted.class);
  }

  private CompletableFuture<Decision> submit(String account, @Nullable Object origin) {
    observer.origin = origin;
    return writer.submit(open(account));
  }
}
