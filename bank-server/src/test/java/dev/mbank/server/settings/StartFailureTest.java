package dev.mbank.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.BindException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
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
    assertThat(
            StartFailure.describe(
                wrapped(new IOException("Failed to bind to address /127.0.0.1:8443"))))
        .isEqualTo(
            "bank-server: HOST, PORT: 127.0.0.1:8443"
                + " (expected: an address of this machine and a port that is free)");
    assertThat(StartFailure.describe(wrapped(new BindException("Cannot assign"))))
        .isEqualTo(
            "bank-server: MANAGEMENT_HOST, MANAGEMENT_PORT: Cannot assign"
                + " (expected: an address of this machine and a port that is free)");
  }

  @Test
  void describe_valueOfAnotherType_namesPropertyValueAndType() {
    var source = new MapConfigurationPropertySource(Map.of("a.size", "x", "a.colour", "RED"));
    Binder binder = new Binder(source);

    assertThat(StartFailure.describe(failure(() -> binder.bind("a.size", Integer.class))))
        .isEqualTo("bank-server: a.size: x (expected: a value of type Integer)");
    assertThat(StartFailure.describe(failure(() -> binder.bind("a.colour", TimeUnit.class))))
        .startsWith("bank-server: a.colour: RED (expected: one of [NANOSECONDS, ");
  }

  @Test
  void describe_listWithAGap_namesTheElement() {
    var source = new MapConfigurationPropertySource(Map.of("a.list[0]", "x", "a.list[2]", "y"));
    Binder binder = new Binder(source);

    assertThat(
            StartFailure.describe(
                failure(() -> binder.bind("a.list", Bindable.listOf(String.class)))))
        .isEqualTo(
            "bank-server: a.list[2]: y"
                + " (expected: a list numbered from 0 on without gaps, all in one place)");
  }

  private static Throwable failure(ThrowingCallable call) {
    return wrapped((Exception) catchThrowable(call));
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
