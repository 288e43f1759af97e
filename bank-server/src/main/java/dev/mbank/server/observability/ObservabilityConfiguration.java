package dev.mbank.server.observability;

import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
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
}
