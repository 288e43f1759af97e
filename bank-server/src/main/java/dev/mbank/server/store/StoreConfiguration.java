package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.sql.SQLException;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the database that {@code DATABASE_URL} names. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StoreSettings.class)
class StoreConfiguration {

  @Bean
  JournalDatabase database(StoreSettings settings) {
    return PostgresDatabase.accepts(settings.url())
        ? PostgresDatabase.open(settings)
        : SqliteDatabase.open(settings);
  }

  @Bean
  Journal journal(JournalDatabase database, StoreSettings settings) throws SQLException {
    return new Journal(database, settings.indexStep()).start();
  }

  @Bean
  LedgerStore ledgerStore(Journal journal) {
    return journal.store();
  }

  /** How far the indexes are behind the journal; four steps of the indexer at the most. */
  @Bean
  MeterBinder journalMeters(Journal journal) {
    return registry ->
        Gauge.builder("mbank.store.unindexed", journal, Journal::unindexed)
            .description("Outcomes that the indexes lack, and memory holds instead")
            .register(registry);
  }

  @Bean
  LedgerQueries ledgerQueries(Journal journal) {
    return journal.queries();
  }
}
