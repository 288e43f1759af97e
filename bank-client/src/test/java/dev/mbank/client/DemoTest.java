package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mbank.v1.BankServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DemoTest {
  private final HealthStatusManager health = new HealthStatusManager();
  private final String name = InProcessServerBuilder.generateName();
  private final Server server;
  private final ManagedChannel channel;

  DemoTest() throws IOException {
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(new FakeBank())
            .addService(health.getHealthService())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void run_twice_goesOnWhereItEnded() {
    health.setStatus(BankServiceGrpc.SERVICE_NAME, ServingStatus.SERVING);

    assertThat(run())
        .contains("demo-bob                         EUR  opened")
        .contains("same request id, same answer: done once")
        .contains("refused: INSUFFICIENT_FUNDS (available 50.00, requested 50.01)")
        .containsPattern("opening balance +0.00\n")
        .containsPattern("deposit +Salary +\\+100.00 +100.00\n")
        .containsPattern("withdrawal +Cash +-20.00 +80.00\n")
        .containsPattern("transfer +Dinner +-30.00 +50.00\n")
        .containsPattern("closing balance +50.00\n");
    assertThat(run())
        .contains("demo-bob                         EUR  already there")
        .contains("refused: INSUFFICIENT_FUNDS (available 100.00, requested 100.01)")
        .containsPattern("opening balance +50.00\n")
        .containsPattern("closing balance +100.00\n");
  }

  @Test
  void run_notServing_doesNoBanking() {
    health.setStatus(BankServiceGrpc.SERVICE_NAME, ServingStatus.NOT_SERVING);

    var exit = catchThrowableOfType(ExitException.class, this::run);

    assertThat(exit.exitCode()).isEqualTo(ExitCode.HEALTH);
    assertThat(exit).hasMessageContaining("the bank at localhost:8443 is NOT_SERVING");
  }

  @Test
  void run_serverWithoutBank_saysSo() {
    var exit = catchThrowableOfType(ExitException.class, this::run);

    assertThat(exit.exitCode()).isEqualTo(ExitCode.HEALTH);
    assertThat(exit).hasMessageContaining("is not a bank: check HOST and PORT");
  }

  private String run() {
    Duration timeout = Duration.ofMinutes(1);
    var settings = new ClientSettings("localhost", 8443, false, "", "", "", "", timeout, "");
    var bytes = new ByteArrayOutputStream();
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    new Demo(
            new FirstContact(channel, settings), new BankClient(channel, new Retries(timeout)), out)
        .run();
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}
