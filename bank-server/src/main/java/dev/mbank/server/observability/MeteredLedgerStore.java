package dev.mbank.server.observability;

import dev.mbank.server.commit.JournalHead;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A store that measures how many outcomes share a commit, and how long commits take. */
final class MeteredLedgerStore implements LedgerStore {
  private final LedgerStore store;
  private final DistributionSummary batchSize;
  private final Timer commits;

  MeteredLedgerStore(LedgerStore store, MeterRegistry registry) {
    this.store = store;
    this.batchSize =
        DistributionSummary.builder("mbank.commit.batch.size")
            .description("Outcomes that share a commit")
            .serviceLevelObjectives(1, 4, 16, 64, 256, 1024)
            .register(registry);
    this.commits =
        Timer.builder("mbank.commit.duration")
            .description("From the commit's start until it is durable")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofNanos(100_000)) // One fsync takes less than 1 ms.
            .register(registry);
  }

  @Override
  public Batch begin() {
    return new MeteredBatch(store.begin());
  }

  private final class MeteredBatch implements Batch {
    private final Batch batch;

    /** Without outcomes: it only shows that the store can write. */
    private boolean trial;

    MeteredBatch(Batch batch) {
      this.batch = batch;
    }

    @Override
    public JournalHead head() {
      return batch.head();
    }

    @Override
    public @Nullable List<Outcome> postedSince(long sequence) {
      return batch.postedSince(sequence);
    }

    @Override
    public Map<RequestKey, Outcome> outcomes(Set<RequestKey> keys) {
      return batch.outcomes(keys);
    }

    @Override
    public Map<AccountId, AccountBalance> accounts(Set<AccountId> ids) {
      return batch.accounts(ids);
    }

    @Override
    public void append(List<Outcome> outcomes) {
      trial = outcomes.isEmpty();
      if (!trial) {
        batchSize.record(outcomes.size());
      }
      batch.append(outcomes);
    }

    @Override
    public void commit() {
      if (trial) {
        batch.commit();
      } else {
        commits.record(batch::commit);
      }
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
