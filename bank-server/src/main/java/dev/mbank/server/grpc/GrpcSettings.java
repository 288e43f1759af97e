package dev.mbank.server.grpc;

import dev.mbank.server.settings.SettingException;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Limits of the edge that the starter has no property for.
 *
 * @param readThreads how many reads run at the same time
 * @param readQueue how many reads may wait before the next is refused
 * @param handshakeTimeout from a connection's start to its first HTTP/2 frame
 * @param maxCallsPerConnection how many calls of one connection may be under way
 * @param maxResetsPerWindow how many RST_STREAM frames a connection may send in a window, against
 *     CVE-2023-44487 (Rapid Reset)
 * @param resetWindow the window
 */
@ConfigurationProperties("mbank.grpc")
record GrpcSettings(
    @DefaultValue("4") int readThreads,
    @DefaultValue("1024") int readQueue,
    @DefaultValue("10s") Duration handshakeTimeout,
    @DefaultValue("1000") int maxCallsPerConnection,
    @DefaultValue("200") int maxResetsPerWindow,
    @DefaultValue("30s") Duration resetWindow) {

  GrpcSettings {
    positive("read-threads", readThreads);
    positive("read-queue", readQueue);
    positive("handshake-timeout", handshakeTimeout.toMillis());
    positive("max-calls-per-connection", maxCallsPerConnection);
    positive("max-resets-per-window", maxResetsPerWindow);
    positive("reset-window", resetWindow.toSeconds());
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new SettingException("mbank.grpc." + name, value, "more than zero");
    }
  }
}
