package dev.mbank.server.settings;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.BindException;
import org.springframework.boot.web.server.PortInUseException;

/** What to tell an operator whose server did not start. */
public final class StartFailure {
  private StartFailure() {}

  /** One line if the cause is a setting, else all that is known. */
  public static String describe(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SettingException setting) {
        return "bank-server: " + setting.getMessage();
      }
      if (cause instanceof PortInUseException taken) {
        return "bank-server: MANAGEMENT_PORT: "
            + taken.getPort()
            + " (expected: a port that is free)";
      }
      if (cause instanceof BindException) {
        return "bank-server: HOST, PORT: "
            + cause.getMessage()
            + " (expected: a port that is free)";
      }
    }
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    return "bank-server did not start:" + System.lineSeparator() + trace;
  }
}
