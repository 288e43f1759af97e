package dev.mbank.server.grpc;

import dev.mbank.server.settings.SettingRange;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Limits of the edge that the starter has no property for.
 *
 * @param readThreads how many reads run at the same time
 * @param readQueue how many reads may wait before the next is refused
 * @param handshakeTimeout from a connection's start to its first HTTP/2 frame
 * @param maxCallsPerConnection how many calls of one connection may be under way
 * @param maxResetsPerWindow how many RST_STREAM frames a connection may send in a window, or have
 *     the server send, against CVE-2023-44487 (Rapid Reset); above {@code maxCallsPerConnection},
 *     for a client gives up all of its calls at once when their deadline passes
 * @param maxUselessFramesPerWindow how many SETTINGS, PRIORITY, unknown and empty DATA frames it
 *     may send in a window
 * @param resetWindow the window of both
 * @param peerTimeout how long a peer may take, at the most, for the rest of a request or for
 *     reading an answer; the connection is closed after between a half and all of it
 * @param minReadRate a second: whoever is sent so much reads its answers, however long they take
 * @param maxUnreadPerConnection bytes of answers that may wait for one connection to read them;
 *     above it large answers are refused
 * @param maxUnread the same of all connections
 */
@ConfigurationProperties("mbank.grpc")
record GrpcSettings(
    @DefaultValue("4") int readThreads,
    @DefaultValue("1024") int readQueue,
    @DefaultValue("10s") Duration handshakeTimeout,
    @DefaultValue("1000") int maxCallsPerConnection,
    @DefaultValue("2000") int maxResetsPerWindow,
    @DefaultValue("1000") int maxUselessFramesPerWindow,
    @DefaultValue("30s") Duration resetWindow,
    @DefaultValue("30s") Duration peerTimeout,
    @DefaultValue("64KB") DataSize minReadRate,
    @DefaultValue("8MB") DataSize maxUnreadPerConnection,
    @DefaultValue("64MB") DataSize maxUnread) {

  private static final String NAME = "mbank.grpc.";
  private static final int MANY = 1_000_000;

  GrpcSettings {
    SettingRange.require(NAME + "read-threads", readThreads, 1, 256);
    SettingRange.require(NAME + "read-queue", readQueue, 1, MANY);
    SettingRange.require(NAME + "handshake-timeout", handshakeTimeout, "100ms", "5m");
    SettingRange.require(NAME + "max-calls-per-connection", maxCallsPerConnection, 1, MANY);
    SettingRange.require(NAME + "max-resets-per-window", maxResetsPerWindow, 1, MANY);
    SettingRange.require(
        NAME + "max-useless-frames-per-window", maxUselessFramesPerWindow, 1, MANY);
    SettingRange.require(NAME + "reset-window", resetWindow, "1s", "1h");
    SettingRange.require(NAME + "peer-timeout", peerTimeout, "1s", "1h");
    SettingRange.require(NAME + "min-read-rate", minReadRate, "1B", "1GB");
    SettingRange.require(NAME + "max-unread-per-connection", maxUnreadPerConnection, "1B", "1GB");
    SettingRange.require(NAME + "max-unread", maxUnread, "1B", "1TB");
  }
}
