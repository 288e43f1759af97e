package dev.mbank.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.settings.SettingException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Each setting at its limits, and just beyond them. */
class GrpcSettingsTest {

  @ParameterizedTest
  @CsvSource({
    "read-threads, 1, 256, 0, 257",
    "read-queue, 1, 1000000, 0, 1000001",
    "handshake-timeout, 100ms, 5m, 99ms, 10d",
    "max-calls-per-connection, 1, 1000000, -1, 1000001",
    "max-resets-per-window, 1, 1000000, 0, 1000001",
    "max-useless-frames-per-window, 1, 1000000, 0, 1000001",
    "reset-window, 1s, 1h, 999ms, 61m",
    "peer-timeout, 1s, 1h, 0s, 2h",
    "min-read-rate, 1B, 1GB, 0B, 1025MB",
    "max-unread-per-connection, 1B, 1GB, 0B, 1025MB",
    "max-unread, 1B, 1TB, -1B, 1025GB"
  })
  void bind_valueBeyondItsLimits_oneExactLine(
      String name, String least, String most, String below, String above) {
    assertThat(bind(name, least)).isNotNull();
    assertThat(bind(name, most)).isNotNull();
    for (String wrong : new String[] {below, above}) {
      assertThatThrownBy(() -> bind(name, wrong))
          .rootCause()
          .isInstanceOf(SettingException.class)
          .hasMessage("mbank.grpc." + name + ": %s (expected: %s to %s)", wrong, least, most);
    }
  }

  private static GrpcSettings bind(String name, String value) {
    var source = new MapConfigurationPropertySource(Map.of("mbank.grpc." + name, value));
    return new Binder(source).bindOrCreate("mbank.grpc", GrpcSettings.class);
  }
}
