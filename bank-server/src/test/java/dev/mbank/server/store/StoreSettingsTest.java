package dev.mbank.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.settings.SettingException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Each setting at its limits, and just beyond them. */
class StoreSettingsTest {

  @ParameterizedTest
  @CsvSource({
    "readers, 1, 256, 0, 257",
    "lock-timeout, 0s, 1h, -1ms, 61m",
    "statement-timeout, 1s, 1h, 999ms, 61m",
    "start-timeout, 0s, 1h, -1ms, 61m",
    "index-step, 1, 1000000, 0, 1000001"
  })
  void bind_valueBeyondItsLimits_oneExactLine(
      String name, String least, String most, String below, String above) {
    assertThat(bind(name, least)).isNotNull();
    assertThat(bind(name, most)).isNotNull();
    for (String wrong : new String[] {below, above}) {
      assertThatThrownBy(() -> bind(name, wrong))
          .rootCause()
          .isInstanceOf(SettingException.class)
          .hasMessage("mbank.store." + name + ": %s (expected: %s to %s)", wrong, least, most);
    }
  }

  private static StoreSettings bind(String name, String value) {
    var source = new MapConfigurationPropertySource(Map.of("mbank.store." + name, value));
    return new Binder(source).bindOrCreate("mbank.store", StoreSettings.class);
  }
}
