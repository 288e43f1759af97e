package dev.mbank.server.grpc;

import dev.mbank.server.commit.AvailabilityListener;
import dev.mbank.v1.BankServiceGrpc;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * What grpc.health.v1.Health says, of the server as a whole and of the bank: NOT_SERVING until the
 * store is ready, while it fails, and for good from the moment a shutdown begins.
 */
@Component
class GrpcHealth implements AvailabilityListener {
  private final HealthStatusManager manager;
  private final OpenCalls openCalls;

  GrpcHealth(HealthStatusManager manager, OpenCalls openCalls) {
    this.manager = manager;
    this.openCalls = openCalls;
    set(ServingStatus.NOT_SERVING);
  }

  @Override
  public void availabilityChanged(boolean available) {
    set(available ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }

  /** Comes before the context stops anything. What is set after it has no effect. */
  @EventListener(ContextClosedEvent.class)
  void shutdownBegins() {
    manager.enterTerminalState();
    openCalls.end();
  }

  private void set(ServingStatus status) {
    manager.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    manager.setStatus(BankServiceGrpc.SERVICE_NAME, status);
  }
}
