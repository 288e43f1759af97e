package dev.mbank.server.observability;

import dev.mbank.server.commit.GroupCommitWriter;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Part of readiness, as {@code ledger}: whether writes can be made durable. */
@Component("ledger")
class LedgerHealthIndicator implements HealthIndicator {
  private final GroupCommitWriter writer;

  LedgerHealthIndicator(GroupCommitWriter writer) {
    this.writer = writer;
  }

  @Override
  public Health health() {
    return (writer.isAvailable() ? Health.up() : Health.outOfService())
        .withDetail("pending", writer.pending())
        .build();
  }
}
