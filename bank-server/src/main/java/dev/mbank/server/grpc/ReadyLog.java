package dev.mbank.server.grpc;

import dev.mbank.server.commit.LedgerQueries;
import net.devh.boot.grpc.server.config.GrpcServerProperties;
import net.devh.boot.grpc.server.event.GrpcServerStartedEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Says in one line that the server is ready and where, with the ports that it really got. */
@Component
class ReadyLog {
  private static final Logger log = LoggerFactory.getLogger(ReadyLog.class);

  private final GrpcServerProperties properties;
  private final LedgerQueries queries;
  private int port;

  ReadyLog(GrpcServerProperties properties, LedgerQueries queries) {
    this.properties = properties;
    this.queries = queries;
  }

  @EventListener
  void started(GrpcServerStartedEvent event) {
    port = event.getPort();
  }

  @EventListener
  void ready(ApplicationReadyEvent event) {
    Environment environment = event.getApplicationContext().getEnvironment();
    log.info(
        "bank-server ready: grpc {}:{} ({}), management {}:{}, journal at {}",
        bracketed(properties.getAddress()),
        port,
        properties.getSecurity().isEnabled() ? "mutual TLS" : "PLAINTEXT",
        bracketed(environment.getProperty("server.address", "")),
        environment.getProperty("local.server.port"),
        queries.sequence());
  }

  private static String bracketed(String address) {
    return address.contains(":") ? "[" + address + "]" : address;
  }
}
