package dev.mbank.server.observability;

import ch.qos.logback.core.spi.AppenderAttachable;
import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.security.Connections;
import dev.mbank.server.security.PolicyInForce;
import dev.mbank.tls.ReloadingTls;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/** Puts the meters around the store and on the writer. */
@Configuration(proxyBeanMethods = false)
class ObservabilityConfiguration {

  @Bean
  @Primary
  LedgerStore meteredLedgerStore(
      @Qualifier("ledgerStore") LedgerStore store, MeterRegistry registry) {
    return new MeteredLedgerStore(store, registry);
  }

  @Bean
  MeterBinder writerMeters(GroupCommitWriter writer) {
    return registry -> {
      Gauge.builder("mbank.commit.pending", writer, GroupCommitWriter::pending)
          .description("Commands that wait for their commit or are in it")
          .register(registry);
      Gauge.builder("mbank.commit.capacity", writer, GroupCommitWriter::capacity)
          .description("Commands that may, before the next is refused")
          .register(registry);
    };
  }

  /** What a probe of readiness is told. */
  @Bean
  MeterBinder readinessMeters(ObjectProvider<HealthEndpoint> health) {
    return registry ->
        health.ifAvailable(
            endpoint ->
                Gauge.builder("mbank.ready", endpoint, each -> isReady(each) ? 1 : 0)
                    .description("1 if the server is ready, 0 if it takes no calls")
                    .register(registry));
  }

  private static boolean isReady(HealthEndpoint health) {
    HealthDescriptor readiness = health.healthForPath("readiness");
    return readiness != null && readiness.getStatus().equals(Status.UP);
  }

  /** By the names in logback-spring.xml; without that there is no audit file. */
  @Bean
  MeterBinder auditMeters() {
    return registry -> {
      if (LoggerFactory.getLogger("mbank.audit") instanceof ch.qos.logback.classic.Logger logger
          && logger.getAppender("AUDIT") instanceof AppenderAttachable<?> queue
          && queue.getAppender("AUDIT_TRAIL") instanceof AuditFileAppender<?> file) {
        Gauge.builder("mbank.audit.writable", file, each -> each.isWritable() ? 1 : 0)
            .description("1 if the audit file takes records, 0 if they are lost")
            .register(registry);
      }
    };
  }

  @Bean
  TlsMetrics tlsMetrics(MeterRegistry registry) {
    return new TlsMetrics(registry);
  }

  @Bean
  MeterBinder tlsMeters(
      TlsMetrics metrics,
      Connections connections,
      PolicyInForce policy,
      ObjectProvider<ReloadingTls> tls) {
    return registry -> {
      metrics.bind(connections);
      metrics.bind(policy);
      tls.ifAvailable(reloading -> metrics.bind(reloading, Clock.systemUTC()));
    };
  }
}
