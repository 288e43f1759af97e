package dev.mbank.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.web.server.PortInUseException;

class StartFailureTest {

  @Test
  void describe_settingDeepInside_isOneLine() {
    SettingException setting = new SettingException("PORT", "x", "a port", new IOException("why"));

    assertThat(StartFailure.describe(wrapped(setting)))
        .isEqualTo("bank-server: PORT: x (expected: a port)");
  }

  @Test
  void describe_takenPorts_nameTheVariables() {
    assertThat(StartFailure.describe(wrapped(new PortInUseException(8081))))
        .isEqualTo("bank-server: MANAGEMENT_PORT: 8081 (expected: a port that is free)");
    assertThat(StartFailure.describe(wrapped(new IOException(new BindException("in use: 8443")))))
        .isEqualTo("bank-server: HOST, PORT: in use: 8443 (expected: a port that is free)");
  }

  @Test
  void describe_anythingElse_isAllThatIsKnown() {
    assertThat(StartFailure.describe(wrapped(new IllegalStateException("deep inside"))))
        .startsWith("bank-server did not start:")
        .contains("deep inside", "StartFailureTest");
  }

  private static RuntimeException wrapped(Exception cause) {
    return new IllegalStateException("outer", new IllegalArgumentException("inner", cause));
  }
}
