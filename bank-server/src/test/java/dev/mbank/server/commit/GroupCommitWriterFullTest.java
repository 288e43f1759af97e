package dev.mbank.server.commit;

import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.WriterRig.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.commit.FakeLedgerStore.Step;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store that can be read and not written, as on a full disk. */
class GroupCommitWriterFullTest {

  @ParameterizedTest
  @EnumSource(names = {"APPEND", "COMMIT"})
  void availability_everyWriteFails_comesBackWithACommitOnly(Step step) {
    try (WriterRig rig = WriterRig.started()) {
      rig.store.setFailing(step);
      assertThat(failure(rig.writer.submit(open("a"))))
          .isInstanceOf(StoreUnavailableException.class);
      awaitTries(rig, step);
      assertThat(rig.heard).containsExactly(true, false);
      assertThat(rig.writer.isAvailable()).isFalse();

      rig.store.setFailing(null);
      await().until(rig.writer::isAvailable);
      assertThat(rig.heard).containsExactly(true, false, true);
      assertThat(rig.post(open("a")).sequence()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"APPEND", "COMMIT"})
  void availability_everyWriteFailsAtTheStart_isUnavailable(Step step) {
    try (WriterRig rig = new WriterRig()) {
      rig.store.setFailing(step);
      rig.start();
      awaitTries(rig, step);
      assertThat(rig.heard).containsExactly(false);
    }
  }

  @Test
  void availability_repeatsWhileEveryWriteFails_areAnsweredAndProveNothing() {
    try (WriterRig rig = WriterRig.started()) {
      Step step = Step.APPEND;
      var opening = open("a");
      rig.post(opening);
      rig.store.setFailing(step);
      failure(rig.writer.submit(open("b")));
      assertThat(rig.post(opening).sequence()).isEqualTo(1);
      awaitTries(rig, step);
      assertThat(rig.heard).containsExactly(true, false);
    }
  }

  /** Waits until the writer has tried a step several times more. */
  private static void awaitTries(WriterRig rig, Step step) {
    rig.store.takeSteps();
    AtomicInteger tries = new AtomicInteger();
    await().until(() -> tries.addAndGet(Collections.frequency(rig.store.takeSteps(), step)) > 3);
  }
}
