package dev.mbank.client;

import org.jspecify.annotations.Nullable;

/** A variable whose value cannot be: names the variable, the value and what was expected. */
final class SettingException extends ExitException {
  private static final long serialVersionUID = 1;

  SettingException(String variable, String value, String expected, @Nullable Throwable cause) {
    super(
        ExitCode.CONFIGURATION,
        "%s: %s (expected: %s)".formatted(variable, value.isBlank() ? "empty" : value, expected),
        cause);
  }

  SettingException(String variable, String value, String expected) {
    this(variable, value, expected, null);
  }
}
