package dev.mbank.server.observability;

import dev.mbank.tls.ReloadingTls;
import java.time.Clock;
import java.time.Instant;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Part of readiness, as {@code certificate}: an expired one fails each new connection. */
@Component("certificate")
class CertificateHealthIndicator implements HealthIndicator {
  private final ObjectProvider<ReloadingTls> tls;
  private final Clock clock;

  @Autowired
  CertificateHealthIndicator(ObjectProvider<ReloadingTls> tls) {
    this(tls, Clock.systemUTC());
  }

  CertificateHealthIndicator(ObjectProvider<ReloadingTls> tls, Clock clock) {
    this.tls = tls;
    this.clock = clock;
  }

  @Override
  public Health health() {
    ReloadingTls reloading = tls.getIfAvailable();
    if (reloading == null) {
      return Health.up().withDetail("tls", "off").build();
    }
    Instant end = reloading.inForce().chain().get(0).getNotAfter().toInstant();
    return (clock.instant().isAfter(end) ? Health.down() : Health.up())
        .withDetail("expires", end.toString())
        .build();
  }
}
