package dev.mbank.server.observability;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.commit.CommitSettings;
import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Money;
import dev.mbank.server.ledger.RequestKey;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.Currency;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

class LedgerHealthIndicatorTest {
  private final LinkedBlockingQueue<Boolean> changes = new LinkedBlockingQueue<>();
  private volatile boolean down;

  @Test
  void health_storeComesAndGoes_followsTheWriter() throws Exception {
    LedgerStore.Batch batch =
        (LedgerStore.Batch)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {LedgerStore.Batch.class},
                (proxy, method, arguments) -> null);
    LedgerStore store =
        () -> {
          if (down) {
            throw new StoreUnavailableException("down");
          }
          return batch;
        };
    CommitSettings settings =
        new CommitSettings(8, 8, Duration.ofMillis(1), Duration.ofHours(1), Duration.ofSeconds(10));
    try (GroupCommitWriter writer =
        new GroupCommitWriter(store, Clock.systemUTC(), settings, List.of(changes::add))) {
      LedgerHealthIndicator indicator = new LedgerHealthIndicator(writer);
      assertThat(indicator.health().getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
      var waiting = writer.submit(deposit());
      assertThat(indicator.health().getDetails()).containsEntry("pending", 1);
      down = true;

      writer.start();
      assertThat(changes.poll(10, SECONDS)).isFalse();
      assertThat(waiting).failsWithin(Duration.ofSeconds(10));
      assertThat(indicator.health().getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
      down = false;

      assertThat(changes.poll(10, SECONDS)).isTrue();
      Health up = indicator.health();
      assertThat(up.getStatus()).isEqualTo(Status.UP);
      assertThat(up.getDetails()).containsEntry("pending", 0);
    }
  }

  private static Deposit deposit() {
    return new Deposit(
        new RequestKey(new Identity("spiffe://mbank.test/teller"), UUID.randomUUID()),
        new AccountId("main"),
        new Money(Currency.getInstance("EUR"), 1),
        "");
  }
}
