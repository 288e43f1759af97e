package dev.mbank.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BacklogTest {
  private static final int ROUNDS = 200_000;

  private final Backlog backlog = new Backlog(new AtomicLong());

  @Test
  void nextRound_callOfTheRoundBefore_isLate() {
    int call = backlog.enter();

    assertThat(backlog.nextRound()).as("entered in the round that ends").isFalse();
    assertThat(backlog.nextRound()).as("waited for a whole round").isTrue();
    backlog.leave(call);
    assertThat(backlog.nextRound()).as("has left").isFalse();
    assertThat(backlog.nextRound()).isFalse();
  }

  /** Calls that come and go without a pause, each shorter than a round. */
  @Test
  void nextRound_whileCallsComeAndGo_noneIsLate() throws Exception {
    AtomicLong calls = new AtomicLong();
    Thread peer =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                int call = backlog.enter();
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
      late += backlog.nextRound() ? 1 : 0;
    }
    peer.interrupt();
    peer.join();

    assertThat(late).as("rounds that found a late call").isZero();
  }
}
