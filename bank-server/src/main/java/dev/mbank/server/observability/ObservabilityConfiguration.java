package dev.mbank.server.observability;

import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.security.Connections;
import dev.mbank.server.security.PolicyInForce;
import dev.mbank.tls.ReloadingTls;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
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
    return registry ->
        Gauge.builder("mbank.commit.pending", writer, GroupCommitWriter::pending)
            .description("Commands that wait for their commit or are in it")
            .register(registry);
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
