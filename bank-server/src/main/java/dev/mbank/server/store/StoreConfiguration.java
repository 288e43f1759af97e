package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.tracing.Tracing;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.opentelemetry.instrumentation.jdbc.datasource.JdbcTelemetry;
import java.sql.SQLException;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the database that {@code DATABASE_URL} names. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StoreSettings.class)
class StoreConfiguration {

  @Bean
  JournalDatabase database(StoreSettings settings, ObjectProvider<Tracing> tracing) {
    UnaryOperator<DataSource> around = around(tracing.getIfAvailable());
    return PostgresDatabase.accepts(settings.url())
        ? PostgresDatabase.open(settings, around)
        : SqliteDatabase.open(settings, around);
  }

  /**
   * Makes spans of statements and commits. No value is in them: all statements have parameters, and
   * those are not told. Their names are OpenTelemetry's stable ones, for which it has to be asked.
   */
  private static UnaryOperator<DataSource> around(@Nullable Tracing tracing) {
    if (tracing == null) {
      return UnaryOperator.identity();
    }
    System.setProperty("otel.semconv-stability.opt-in", "database");
    return JdbcTelemetry.builder(tracing.openTelemetry())
            .setDataSourceInstrumenterEnabled(false)
            .setTransactionInstrumenterEnabled(true)
            .build()
        ::wrap;
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
