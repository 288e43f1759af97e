package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class HealthCommandTest {
  private HttpServer server;
  private volatile int status = 200;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/actuator/health/readiness",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @ParameterizedTest
  @CsvSource({"200, 0", "503, 1", "404, 1"})
  void main_serverThatAnswers_endsWithWhetherItIsReady(int status, int code) {
    this.status = status;
    assertThat(HealthCommand.main(Map.of("MANAGEMENT_PORT", port()))).isEqualTo(code);
  }

  @Test
  void main_serverThatListensEverywhere_isAskedHere() {
    Map<String, String> variables = Map.of("MANAGEMENT_HOST", "*", "MANAGEMENT_PORT", port());
    assertThat(HealthCommand.main(variables)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "70000", "x"})
  void main_noPort_isToldInALine(String port, CapturedOutput output) {
    assertThat(HealthCommand.main(Map.of("MANAGEMENT_PORT", port))).isEqualTo(1);
    assertThat(output.getErr())
        .isEqualToIgnoringNewLines(
            "bank-server: MANAGEMENT_PORT: " + port + " (expected: 1-65535; where the server is)");
  }

  @Test
  void main_nobodyThere_isToldInALine(CapturedOutput output) {
    String port = port();
    server.stop(0);
    assertThat(HealthCommand.main(Map.of("MANAGEMENT_PORT", port))).isEqualTo(1);
    assertThat(output.getErr()).startsWith("bank-server: health: ").hasLineCount(1);
  }

  private String port() {
    return "" + server.getAddress().getPort();
  }
}
