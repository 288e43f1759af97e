package dev.mbank.server.grpc;

import dev.mbank.server.commit.OverloadedException;
import dev.mbank.server.security.Connections;
import dev.mbank.server.security.HandshakeListener;
import dev.mbank.server.security.PolicyInForce;
import dev.mbank.tls.ReloadingTls;
import dev.mbank.tracing.Tracing;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import net.devh.boot.grpc.server.interceptor.GrpcGlobalServerInterceptor;
import net.devh.boot.grpc.server.serverfactory.GrpcServerConfigurer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** The gRPC server's limits and interceptors; TLS comes from the starter's own properties. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GrpcSettings.class)
class GrpcConfiguration {
  private static final Logger log = LoggerFactory.getLogger(GrpcConfiguration.class);
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);

  /**
   * Runs last of what sets up the server, and so wins. Handlers run on the transport's threads
   * (directExecutor): they decode, ask for permission and hand over, and never block.
   */
  @Bean
  GrpcServerConfigurer limits(
      GrpcSettings settings,
      Transport transport,
      ObjectProvider<ReloadingTls> tls,
      Caller caller,
      AccessLogInterceptor accessLog,
      SlowPeers slowPeers) {
    ReloadingTls reloading = tls.getIfAvailable();
    if (reloading == null) {
      log.warn(
          "TLS_ENABLED=false: NO ENCRYPTION, NO AUTHENTICATION. Whoever reaches this port is"
              + " 'anonymous' and may do everything. Never run like this outside a test.");
    }
    return builder -> {
      builder.directExecutor();
      builder.addTransportFilter(caller);
      builder.addTransportFilter(slowPeers);
      builder.fallbackHandlerRegistry(new UnknownMethods(accessLog));
      if (builder instanceof NettyServerBuilder netty) {
        transport.configure(netty);
        if (reloading != null) {
          netty.sslContext(reloading.context());
        }
        netty
            .handshakeTimeout(settings.handshakeTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .maxConcurrentCallsPerConnection(settings.maxCallsPerConnection())
            .maxRstFramesPerWindow(
                settings.maxResetsPerWindow(), Math.toIntExact(settings.resetWindow().toSeconds()));
      }
    };
  }

  @Bean
  Connections connections(
      List<HandshakeListener> listeners, ObjectProvider<ReloadingTls> tls, GrpcSettings settings) {
    return new Connections(
        listeners,
        shown -> tls.getObject().requirePeer(shown),
        settings.handshakeTimeout(),
        settings.maxUselessFramesPerWindow(),
        settings.resetWindow());
  }

  @Bean
  Transport transport(Connections connections) {
    return new Transport(connections);
  }

  /** Where reads run, and writes that must read first: bounded, for each holds a connection. */
  @Bean(destroyMethod = "shutdown")
  ExecutorService readExecutor(GrpcSettings settings, ObjectProvider<Tracing> tracing) {
    int threads = settings.readThreads();
    ExecutorService readers =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(settings.readQueue()),
            runnable -> new Thread(runnable, "reader"),
            (runnable, executor) -> {
              throw new OverloadedException(
                  "read queue: full (limit: " + settings.readQueue() + ")", RETRY_AFTER);
            });
    return tracing.getIfAvailable() == null ? readers : Context.taskWrapping(readers);
  }

  /** Outside of all others, if there is tracing. */
  @GrpcGlobalServerInterceptor
  @Order(0)
  @ConditionalOnBean(Tracing.class)
  TracingInterceptor tracingInterceptor(Tracing tracing) {
    return new TracingInterceptor(tracing);
  }

  @GrpcGlobalServerInterceptor
  @Order(1)
  MetricCollectingServerInterceptor metricsInterceptor(MeterRegistry registry) {
    return new MetricCollectingServerInterceptor(registry);
  }

  @GrpcGlobalServerInterceptor
  @Order(2)
  AccessLogInterceptor accessLogInterceptor() {
    return new AccessLogInterceptor();
  }

  @GrpcGlobalServerInterceptor
  @Order(3)
  CallMeters callMeters(PolicyInForce policy, MeterRegistry registry) {
    return new CallMeters(policy, registry);
  }

  @GrpcGlobalServerInterceptor
  @Order(4)
  AuditInterceptor auditInterceptor() {
    return new AuditInterceptor();
  }

  @GrpcGlobalServerInterceptor
  @Order(5)
  ErrorInterceptor errorInterceptor() {
    return new ErrorInterceptor();
  }

  @GrpcGlobalServerInterceptor
  @Order(6)
  Caller caller() {
    return new Caller();
  }

  /** Inside of what maps errors. */
  @GrpcGlobalServerInterceptor
  @Order(7)
  SlowPeers slowPeers(Connections connections, GrpcSettings settings) {
    return new SlowPeers(connections, settings);
  }

  @GrpcGlobalServerInterceptor
  @Order(8)
  OpenCalls openCalls() {
    return new OpenCalls();
  }
}
