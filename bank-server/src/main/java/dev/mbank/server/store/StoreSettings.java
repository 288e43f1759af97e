package dev.mbank.server.store;

import dev.mbank.server.settings.SettingRange;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the journal is kept.
 *
 * @param url JDBC's; {@code DATABASE_URL}
 * @param username of the database, unless the URL has it; {@code DATABASE_USERNAME}
 * @param password of the database, unless the URL has it; {@code DATABASE_PASSWORD}
 * @param readers how many reads may run at the same time
 * @param lockTimeout how long to wait for another program that holds the database
 * @param statementTimeout how long to wait for a database that does not answer
 * @param startTimeout how long a start waits for a database to come up
 * @param indexStep how many transactions are indexed together; four times as many, at the most, are
 *     kept in memory
 */
@ConfigurationProperties("mbank.store")
record StoreSettings(
    String url,
    @DefaultValue("") String username,
    @DefaultValue("") String password,
    @DefaultValue("4") int readers,
    @DefaultValue("2s") Duration lockTimeout,
    @DefaultValue("10s") Duration statementTimeout,
    @DefaultValue("30s") Duration startTimeout,
    @DefaultValue("16384") int indexStep) {

  StoreSettings {
    SettingRange.require("mbank.store.readers", readers, 1, 256);
    SettingRange.require("mbank.store.lock-timeout", lockTimeout, "0s", "1h");
    SettingRange.require("mbank.store.statement-timeout", statementTimeout, "1s", "1h");
    SettingRange.require("mbank.store.start-timeout", startTimeout, "0s", "1h");
    SettingRange.require("mbank.store.index-step", indexStep, 1, 1_000_000);
  }

  /** The URL as it may be shown: without a password. */
  String shownUrl() {
    return url.replaceAll("(?i)(password=)[^&]*", "$1***");
  }
}
