package dev.mbank.server.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.settings.SettingException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Each setting at its limits, and just beyond them. */
class CommitSettingsTest {

  @ParameterizedTest
  @CsvSource({
    "queue-capacity, 1, 1000000, 0, 1000001",
    "max-batch, 1, 100000, -1, 100001",
    "idle-interval, 1ms, 1d, 0s, 25h",
    "probe-interval, 1ms, 1d, -1s, 2d",
    "close-timeout, 1ms, 1d, 0s, 86401s"
  })
  void bind_valueBeyondItsLimits_oneExactLine(
      String name, String least, String most, String below, String above) {
    assertThat(bind(name, least)).isNotNull();
    assertThat(bind(name, most)).isNotNull();
    for (String wrong : new String[] {below, above}) {
      assertThatThrownBy(() -> bind(name, wrong))
          .rootCause()
          .isInstanceOf(SettingException.class)
          .hasMessage("mbank.commit." + name + ": %s (expected: %s to %s)", wrong, least, most);
    }
  }

  private static CommitSettings bind(String name, String value) {
    var source = new MapConfigurationPropertySource(Map.of("mbank.commit." + name, value));
    return new Binder(source).bindOrCreate("mbank.commit", CommitSettings.class);
  }
}
