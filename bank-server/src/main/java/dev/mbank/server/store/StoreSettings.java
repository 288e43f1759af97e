package dev.mbank.server.store;

import dev.mbank.server.settings.SettingException;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the journal is kept.
 *
 * @param url JDBC's; {@code DATABASE_URL}
 * @param readers how many reads may run at the same time
 * @param lockTimeout how long to wait for another program that holds the database
 * @param indexStep how many transactions are indexed together; four times as many, at the most, are
 *     kept in memory
 */
@ConfigurationProperties("mbank.store")
record StoreSettings(
    String url,
    @DefaultValue("4") int readers,
    @DefaultValue("2s") Duration lockTimeout,
    @DefaultValue("16384") int indexStep) {

  StoreSettings {
    if (readers < 1) {
      throw new SettingException("mbank.store.readers", readers, "1 or more");
    }
    if (indexStep < 1 || indexStep > 1_000_000) {
      throw new SettingException("mbank.store.index-step", indexStep, "1-1000000");
    }
    if (lockTimeout.isNegative() || lockTimeout.compareTo(Duration.ofHours(1)) > 0) {
      throw new SettingException("mbank.store.lock-timeout", lockTimeout, "0s to 1h");
    }
  }
}
