package dev.mbank.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** What the health service tells of the server and of the bank: always the same of both. */
class GrpcHealthTest {
  private final AnnotationConfigApplicationContext context =
      new AnnotationConfigApplicationContext();
  private GrpcHealth health;
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    HealthStatusManager manager = new HealthStatusManager();
    context.registerBean(HealthStatusManager.class, () -> manager);
    context.register(OpenCalls.class, GrpcHealth.class);
    context.refresh();
    health = context.getBean(GrpcHealth.class);
    String name = UUID.randomUUID().toString();
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(manager.getHealthService())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    context.close();
  }

  @Test
  void check_beforeTheWriterIsReady_notServing() {
    assertStatus(ServingStatus.NOT_SERVING);
  }

  @Test
  void check_storeComesAndGoes_followsIt() {
    for (boolean available : new boolean[] {true, false, true}) {
      health.availabilityChanged(available);

      assertStatus(available ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }
  }

  @Test
  void check_contextCloses_notServingForGood() {
    health.availabilityChanged(true);

    context.close();
    assertStatus(ServingStatus.NOT_SERVING);
    health.availabilityChanged(true);

    assertStatus(ServingStatus.NOT_SERVING);
  }

  private void assertStatus(ServingStatus status) {
    for (String service : new String[] {"", "mbank.v1.BankService"}) {
      HealthCheckRequest request = HealthCheckRequest.newBuilder().setService(service).build();
      assertThat(HealthGrpc.newBlockingStub(channel).check(request).getStatus())
          .as("of '%s'", service)
          .isEqualTo(status);
    }
  }
}
