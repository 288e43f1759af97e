package dev.mbank.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.grpc.Backlog.Round;
import dev.mbank.server.grpc.Backlog.Turn;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BacklogTest {
  private static final int ROUNDS = 200_000;

  private static final long ROUND_NANOS = 1000;
  private static final int ENOUGH = 10;

  private final Backlog backlog = new Backlog(new AtomicLong());
  private long now = Long.MAX_VALUE - ROUND_NANOS;
  private long sent;

  private boolean nextRound(int read) {
    now += ROUND_NANOS;
    sent += read;
    return backlog.nextRound(now, sent, new Round(ROUND_NANOS, ENOUGH));
  }

  @Test
  void nextRound_callOfTheRoundBefore_isLate() {
    int call = backlog.enter(Turn.REQUEST);

    assertThat(nextRound(0)).as("entered in the round that ends").isFalse();
    assertThat(nextRound(0)).as("waited for a whole round").isTrue();
    backlog.leave(call);
    assertThat(nextRound(0)).as("has left").isFalse();
    assertThat(nextRound(0)).isFalse();
  }

  @Test
  void nextRound_answersOfAPeerThatReads_areNotLate() {
    int call = backlog.enter(Turn.ANSWER);
    assertThat(nextRound(0)).isFalse();

    assertThat(nextRound(ENOUGH)).as("reads").isFalse();
    assertThat(nextRound(0)).as("is in the new generation again").isFalse();
    assertThat(nextRound(ENOUGH - 1)).as("reads too little").isTrue();
    backlog.leave(call);
    assertThat(nextRound(0)).isFalse();
  }

  @Test
  void nextRound_requestOfAPeerThatReads_isLate() {
    var unused = backlog.enter(Turn.REQUEST);
    assertThat(nextRound(ENOUGH)).isFalse();

    assertThat(nextRound(ENOUGH)).isTrue();
  }

  @Test
  void nextRound_afterThisServerStoodStill_noneIsLate() {
    var unused = backlog.enter(Turn.REQUEST);
    assertThat(nextRound(0)).isFalse();
    now += 2 * ROUND_NANOS;

    assertThat(nextRound(0)).as("what came meanwhile is not read yet").isFalse();
    assertThat(nextRound(0)).as("is in the new generation again").isFalse();
    assertThat(nextRound(0)).isTrue();
  }

  /** Calls that come and go without a pause, each shorter than a round. */
  @Test
  void nextRound_whileCallsComeAndGo_noneIsLate() throws Exception {
    AtomicLong calls = new AtomicLong();
    Thread peer =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                int call = backlog.enter(Turn.REQUEST);
                backlog.leave(call);
                calls.incrementAndGet();
              }
            });
    peer.start();
    int late = 0;
    for (int i = 0; i < ROUNDS; i++) {
      long before = calls.get();
      while (calls.get() < before + 2) {
        Thread.onSpinWait();
      }
      late += nextRound(0) ? 1 : 0;
    }
    peer.interrupt();
    peer.join();

    assertThat(late).as("rounds that found a late call").isZero();
  }
}
