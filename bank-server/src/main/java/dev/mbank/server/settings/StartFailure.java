package dev.mbank.server.settings;

import dev.mbank.tls.TlsFileException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.core.convert.TypeDescriptor;

/** What to tell an operator whose server did not start. */
public final class StartFailure {
  /** How gRPC's Netty tells it; the cause is no BindException where epoll is used. */
  private static final String GRPC_BIND = "Failed to bind to address ";

  private StartFailure() {}

  /** One line if the cause is a setting, else all that is known. */
  public static String describe(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SettingException setting) {
        return "bank-server: " + setting.getMessage();
      }
      if (cause instanceof TlsFileException file) {
        return "bank-server: " + file.getMessage();
      }
      if (cause instanceof UnboundConfigurationPropertiesException unbound) {
        return "bank-server: " + unbound(unbound);
      }
      if (cause instanceof ConversionFailedException unread) {
        return "bank-server: " + property(failure) + unread(unread);
      }
      if (cause instanceof PortInUseException taken) {
        return "bank-server: MANAGEMENT_PORT: "
            + taken.getPort()
            + " (expected: a port that is free)";
      }
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof IOException && message.startsWith(GRPC_BIND)) {
        return "bank-server: HOST, PORT: "
            + message.substring(GRPC_BIND.length()).replaceFirst("^/", "")
            + " (expected: an address of this machine and a port that is free)";
      }
      if (cause instanceof java.net.BindException) {
        return "bank-server: MANAGEMENT_HOST, MANAGEMENT_PORT: "
            + message
            + " (expected: an address of this machine and a port that is free)";
      }
    }
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    return "bank-server did not start:" + System.lineSeparator() + trace;
  }

  /** The property that could not be read, if the failure knows it. */
  private static String property(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException bind) {
        return bind.getName() + ": ";
      }
    }
    return "";
  }

  /** Elements of a list that stand behind a gap, so that they belong to no list. */
  private static String unbound(UnboundConfigurationPropertiesException unbound) {
    ConfigurationProperty first = unbound.getUnboundProperties().iterator().next();
    return first.getName()
        + ": "
        + first.getValue()
        + " (expected: a list numbered from 0 on without gaps, all in one place)";
  }

  private static String unread(ConversionFailedException unread) {
    TypeDescriptor type = unread.getTargetType();
    TypeDescriptor element = type.getElementTypeDescriptor();
    Class<?> wanted = element == null ? type.getObjectType() : element.getObjectType();
    String expected =
        wanted.isEnum()
            ? "one of " + Arrays.toString(wanted.getEnumConstants())
            : "a value of type " + wanted.getSimpleName();
    return unread.getValue() + " (expected: " + expected + ")";
  }
}
