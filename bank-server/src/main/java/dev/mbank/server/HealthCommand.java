package dev.mbank.server;

import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * {@code bank-server.jar health}: asks the server that has the same variables whether it is ready.
 * For a container's health check, where there is neither a shell nor curl; it starts no Spring.
 */
final class HealthCommand {
  /** The first argument that asks for it. */
  static final String NAME = "health";

  private static final String HERE = "127.0.0.1";
  private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");
  private static final int MOST = 65_535;
  private static final int READY = 0;
  private static final int NOT_READY = 1;
  private static final int PATIENCE_MILLIS = 4000;

  private HealthCommand() {}

  /**
   * Prints what the server says.
   *
   * @return the exit code: 0 is ready
   */
  static int main(Map<String, String> variables) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) readiness(variables).toURL().openConnection();
      connection.setConnectTimeout(PATIENCE_MILLIS);
      connection.setReadTimeout(PATIENCE_MILLIS);
      boolean ready = connection.getResponseCode() == HttpURLConnection.HTTP_OK;
      try (InputStream body = ready ? connection.getInputStream() : connection.getErrorStream()) {
        System.out.println(
            body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
      }
      return ready ? READY : NOT_READY;
    } catch (IOException | URISyntaxException e) {
      System.err.println("bank-server: health: " + e.getMessage());
      return NOT_READY;
    } catch (SettingException e) {
      System.err.println("bank-server: " + e.getMessage());
      return NOT_READY;
    }
  }

  /** An address that stands for all is reached on this machine, too. */
  private static URI readiness(Map<String, String> variables) throws URISyntaxException {
    String host = variables.getOrDefault("MANAGEMENT_HOST", HERE);
    String port = variables.getOrDefault("MANAGEMENT_PORT", "8081");
    if (!PORT.matcher(port).matches() || Integer.parseInt(port) > MOST) {
      throw new SettingException("MANAGEMENT_PORT", port, "1-" + MOST + "; where the server is");
    }
    return new URI(
        "http",
        null,
        host.equals("*") ? HERE : host,
        Integer.parseInt(port),
        "/actuator/health/readiness",
        null,
        null);
  }
}
