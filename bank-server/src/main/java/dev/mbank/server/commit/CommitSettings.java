package dev.mbank.server.commit;

import dev.mbank.server.settings.SettingException;
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

  private static final Duration LONGEST = Duration.ofDays(1);

  public CommitSettings {
    positive("queue-capacity", queueCapacity);
    positive("max-batch", maxBatch);
    positive("idle-interval", idleInterval);
    positive("probe-interval", probeInterval);
    positive("close-timeout", closeTimeout);
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero() || value.compareTo(LONGEST) > 0) {
      throw new SettingException("mbank.commit." + name, value, "more than zero, up to a day");
    }
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new SettingException("mbank.commit." + name, value, "more than zero");
    }
  }
}
