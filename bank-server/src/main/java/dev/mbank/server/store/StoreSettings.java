package dev.mbank.server.store;

import dev.mbank.server.settings.SettingRange;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the journal is kept.
 *
 * @param url JDBC's; {@code DATABASE_URL}
 * @param readers how many reads may run at the same time
 * @param lockTimeout how long to wait for another program that holds the database
 */
@ConfigurationProperties("mbank.store")
record StoreSettings(
    String url, @DefaultValue("4") int readers, @DefaultValue("2s") Duration lockTimeout) {

  StoreSettings {
    SettingRange.require("mbank.store.readers", readers, 1, 256);
    SettingRange.require("mbank.store.lock-timeout", lockTimeout, "0s", "1h");
  }
}
