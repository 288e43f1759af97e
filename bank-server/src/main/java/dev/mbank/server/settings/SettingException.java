package dev.mbank.server.settings;

import org.jspecify.annotations.Nullable;

/** A setting that keeps the server from starting. Its message is one line for the operator. */
public final class SettingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String told;

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
    this(oneLine(value) + " (expected: " + expected + ")", variable, cause);
  }

  private SettingException(String told, String variable, @Nullable Throwable cause) {
    super(variable + ": " + told, cause);
    this.told = told;
  }

  /** The same of another name, under which the operator gave the value. */
  public SettingException of(String variable) {
    return new SettingException(told, variable, getCause());
  }

  private static String oneLine(Object value) {
    String line = value.toString().replaceAll("\\p{Cntrl}", "?");
    return line.isBlank() ? "empty" : line;
  }
}
