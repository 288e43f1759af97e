package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.commit.LedgerStore;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.TransferResponse;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A payment into an account that its owner opens while the payment waits. */
class RepeatRaceTest {
  @TempDir Path folder;
  private final CountDownLatch blocked = new CountDownLatch(1);
  private volatile CountDownLatch gate = new CountDownLatch(0);

  @Test
  void transfer_destinationOpenedMeanwhile_repeatIsTheSameToTheByte() throws Exception {
    try (TestBank bank = TestBank.in(folder).store(this::gated).open()) {
      call(bank.as(ALICE), opening("alice", "EUR"));
      call(bank.as(TELLER), deposit("alice", eur(10)));
      TransferRequest request = transfer("alice", "alice-2", eur(1));
      var alice = BankServiceGrpc.newFutureStub(bank.as(ALICE).getChannel());
      gate = new CountDownLatch(1);
      var opened = alice.createAccount(opening("alice-2", "EUR"));
      assertThat(blocked.await(10, SECONDS)).isTrue();
      var first = alice.transfer(request);
      await().until(() -> bank.writer().pending() == 2);
      gate.countDown();

      TransferResponse answer = first.get(10, SECONDS);

      assertThat(opened.get(10, SECONDS)).isNotNull();
      assertThat(bank.as(ALICE).transfer(request)).isEqualTo(answer);
      assertThat(answer.getTransaction().getEntries(1).getBalance()).isEqualTo(eur(1));
    }
  }

  private LedgerStore gated(LedgerStore store) {
    return () -> {
      if (gate.getCount() > 0) {
        blocked.countDown();
      }
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return store.begin();
    };
  }
}
