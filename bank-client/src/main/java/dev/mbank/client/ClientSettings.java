package dev.mbank.client;

import dev.mbank.tls.TlsFiles;
import dev.mbank.tracing.Tracing;
import java.time.Duration;
import java.util.regex.Pattern;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.env.PropertyResolver;

/**
 * Where the bank is and the files that show who is who. There is no instance with a value that
 * cannot work; the files are checked by who reads them. The names of the variables are in {@code
 * application.yml}.
 *
 * @param crlFile empty to check no revocation
 * @param callTimeout how long a call may take, all its attempts together
 * @param tracingEndpoint empty to trace nothing
 */
record ClientSettings(
    String host,
    int port,
    boolean tlsEnabled,
    String caFile,
    String certFile,
    String keyFile,
    String crlFile,
    Duration callTimeout,
    String tracingEndpoint) {

  private static final Pattern HOST_NAME =
      Pattern.compile("(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?");
  private static final Pattern IPV6_ADDRESS = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
  private static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);

  /** Reads the settings. */
  static ClientSettings from(PropertyResolver environment) {
    return new ClientSettings(
        host(environment.getRequiredProperty("mbank.host")),
        port(environment.getRequiredProperty("mbank.port")),
        tlsEnabled(environment.getRequiredProperty("mbank.tls-enabled")),
        environment.getRequiredProperty("mbank.ca-file"),
        environment.getRequiredProperty("mbank.cert-file"),
        environment.getRequiredProperty("mbank.key-file"),
        environment.getRequiredProperty("mbank.crl-file"),
        callTimeout(environment.getRequiredProperty("mbank.call-timeout")),
        tracingEndpoint(environment.getRequiredProperty("mbank.tracing-endpoint").strip()));
  }

  /** What TLS is made of, where it is enabled. */
  TlsFiles tlsFiles() {
    return new TlsFiles(caFile, certFile, keyFile, crlFile.isBlank() ? null : crlFile);
  }

  /** Host and port; an IPv6 address stands in brackets. */
  String authority() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /**
   * The bank as gRPC finds it. A name is resolved again when its connections break; an IPv6 address
   * needs no resolving, and its brackets may not stand in the path of a URI.
   */
  String target() {
    return (host.contains(":") ? "static://" : "dns:///") + authority();
  }

  private static String host(String value) {
    String host =
        value.startsWith("[") && value.endsWith("]")
            ? value.substring(1, value.length() - 1)
            : value;
    if (HOST_NAME.matcher(host).matches() || IPV6_ADDRESS.matcher(host).matches()) {
      return host;
    }
    throw new SettingException("HOST", value, "a host name or an IP address");
  }

  private static int port(String value) {
    if (value.matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(value);
      if (port >= 1 && port <= 65535) {
        return port;
      }
    }
    throw new SettingException("PORT", value, "1-65535");
  }

  private static boolean tlsEnabled(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new SettingException("TLS_ENABLED", value, "true or false");
    };
  }

  private static String tracingEndpoint(String value) {
    if (value.isEmpty() || Tracing.isEndpoint(value)) {
      return value;
    }
    throw new SettingException(
        "OTEL_EXPORTER_OTLP_ENDPOINT", value, "http://HOST:PORT or https://HOST:PORT");
  }

  private static Duration callTimeout(String value) {
    String expected = "a duration above 0s, up to 1h, such as 5s or 500ms";
    if (value.matches("[0-9]+")) { // Which would be milliseconds, and rarely be meant so.
      throw new SettingException("MBANK_CALL_TIMEOUT", value, expected);
    }
    try {
      Duration timeout = DurationStyle.detectAndParse(value);
      if (timeout.compareTo(Duration.ZERO) > 0 && timeout.compareTo(LONGEST_TIMEOUT) <= 0) {
        return timeout;
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new SettingException("MBANK_CALL_TIMEOUT", value, expected, e);
    }
    throw new SettingException("MBANK_CALL_TIMEOUT", value, expected);
  }
}
