package dev.mbank.server.settings;

import org.jspecify.annotations.Nullable;

/** A setting that keeps the server from starting. Its message is one line for the operator. */
public final class SettingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param variable the name of the variable to mend
   * @param value what it is now
   * @param expected what it should be
   */
  public SettingException(String variable, Object value, String expected) {
    this(variable, value, expected, null);
  }

  /**
   * @param cause what showed that the value is wrong
   */
  public SettingException(
      String variable, Object value, String expected, @Nullable Throwable cause) {
    super(variable + ": " + oneLine(value) + " (expected: " + expected + ")", cause);
  }

  private static String oneLine(Object value) {
    String line = value.toString().replaceAll("\\p{Cntrl}", "?");
    return line.isBlank() ? "empty" : line;
  }
}
