package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerStore;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the database that {@code DATABASE_URL} names. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StoreSettings.class)
class StoreConfiguration {

  @Bean
  SqliteDatabase database(StoreSettings settings) {
    return SqliteDatabase.open(settings);
  }

  @Bean
  LedgerStore ledgerStore(SqliteDatabase database) {
    return new SqliteLedgerStore(database);
  }

  @Bean
  LedgerQueries ledgerQueries(SqliteDatabase database) {
    return new SqliteLedgerQueries(database.readers());
  }
}
