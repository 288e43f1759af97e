package dev.mbank.server.commit;

import dev.mbank.server.settings.SettingRange;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much the writer takes on.
 *
 * @param queueCapacity how many commands may wait or be under way before the next is refused
 * @param maxBatch how many commands share a commit at the most
 * @param idleInterval how often the writer looks up while no command comes: whether it is to close,
 *     and whether a store that failed works again
 * @param probeInterval how often it looks, while no command comes, whether a store still works
 * @param closeTimeout how long closing waits for what was accepted
 */
@ConfigurationProperties("mbank.commit")
public record CommitSettings(
    @DefaultValue("8192") int queueCapacity,
    @DefaultValue("1024") int maxBatch,
    @DefaultValue("100ms") Duration idleInterval,
    @DefaultValue("1s") Duration probeInterval,
    @DefaultValue("20s") Duration closeTimeout) {

  private static final String NAME = "mbank.commit.";

  public CommitSettings {
    SettingRange.require(NAME + "queue-capacity", queueCapacity, 1, 1_000_000);
    SettingRange.require(NAME + "max-batch", maxBatch, 1, 100_000);
    SettingRange.require(NAME + "idle-interval", idleInterval, "1ms", "1d");
    SettingRange.require(NAME + "probe-interval", probeInterval, "1ms", "1d");
    SettingRange.require(NAME + "close-timeout", closeTimeout, "1ms", "1d");
  }
}
