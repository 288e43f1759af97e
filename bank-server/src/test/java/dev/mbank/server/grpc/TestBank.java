package dev.mbank.server.grpc;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.security.PeerCertificates;
import dev.mbank.server.security.PolicyInForce;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.BankServiceGrpc.BankServiceBlockingStub;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerTransportFilter;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLSession;
import net.devh.boot.grpc.server.config.GrpcServerProperties;
import net.devh.boot.grpc.server.interceptor.AnnotationGlobalServerInterceptorConfigurer;
import net.devh.boot.grpc.server.interceptor.GlobalServerInterceptorRegistry;
import net.devh.boot.grpc.server.serverfactory.GrpcServerConfigurer;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;

/**
 * The server's own beans on a SQLite file, behind gRPC's in-process transport. What the transport
 * lacks, the client's certificate, is put where the TLS transport puts it.
 */
final class TestBank implements AutoCloseable {
  static final String TELLER = "spiffe://mbank.test/teller";
  static final String ALICE = "spiffe://mbank.test/alice";
  static final String BOB = "spiffe://mbank.test/bob";
  static final String AUDITOR = "spiffe://mbank.test/auditor";

  /** Has a certificate and no role. */
  static final String STRANGER = "spiffe://mbank.test/stranger";

  /** Whose certificate has no URI, but this as its one DNS name. */
  static final String REPORTS = "reports.mbank.test";

  static final String POLICY =
      """
      %s teller
      %s customer
      %s customer
      %s auditor
      dns:%s auditor
      """
          .formatted(TELLER, ALICE, BOB, AUDITOR, REPORTS);

  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final AnnotationConfigApplicationContext context;
  private final Map<String, ManagedChannel> channels = new HashMap<>();
  private final List<Server> servers = new ArrayList<>();

  private final Path policyFile;

  private TestBank(AnnotationConfigApplicationContext context, Path policyFile) {
    this.context = context;
    this.policyFile = policyFile;
  }

  static TestBank open(Path folder) {
    return new Builder(folder).open();
  }

  static Builder in(Path folder) {
    return new Builder(folder);
  }

  /** How the bank differs from the default one. */
  static final class Builder {
    private final Map<String, Object> settings = new HashMap<>();
    private final Path policyFile;
    private UnaryOperator<LedgerStore> store = UnaryOperator.identity();
    private UnaryOperator<LedgerQueries> queries = UnaryOperator.identity();

    private Builder(Path folder) {
      settings.put("grpc.server.security.enabled", "true");
      settings.put("mbank.store.url", "jdbc:sqlite:" + folder.resolve("mbank.db"));
      policyFile = folder.resolve("policy");
      settings.put("mbank.access.policy-file", policyFile.toString());
    }

    Builder with(String setting, Object value) {
      settings.put(setting, value);
      return this;
    }

    Builder store(UnaryOperator<LedgerStore> decorator) {
      store = decorator;
      return this;
    }

    Builder queries(UnaryOperator<LedgerQueries> decorator) {
      queries = decorator;
      return this;
    }

    TestBank open() {
      write(policyFile, POLICY);
      ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
      AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource("test", settings));
      GrpcServerProperties properties = new GrpcServerProperties();
      properties.getSecurity().setEnabled(true);
      context.registerBean(GrpcServerProperties.class, () -> properties);
      context.registerBean(HealthStatusManager.class);
      context.registerBean(
          PrometheusMeterRegistry.class,
          () -> new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
      context.registerBean(GlobalServerInterceptorRegistry.class);
      context.registerBean(AnnotationGlobalServerInterceptorConfigurer.class);
      context.addBeanFactoryPostProcessor(
          factory ->
              factory.addBeanPostProcessor(
                  new BeanPostProcessor() {
                    @Override
                    public Object postProcessAfterInitialization(Object bean, String name) {
                      if (name.equals("ledgerStore")) {
                        return store.apply((LedgerStore) bean);
                      }
                      return name.equals("ledgerQueries")
                          ? queries.apply((LedgerQueries) bean)
                          : bean;
                    }
                  }));
      String server = "dev.mbank.server.";
      context.scan(
          server + "store",
          server + "commit",
          server + "security",
          server + "observability",
          server + "grpc");
      context.refresh();
      context
          .getBeansOfType(MeterBinder.class)
          .values()
          .forEach(binder -> binder.bindTo(context.getBean(PrometheusMeterRegistry.class)));
      return new TestBank(context, policyFile);
    }
  }

  /** The bank as a caller with a certificate of this one URI sees it. */
  BankServiceBlockingStub as(String identity) {
    return as(channels.computeIfAbsent(identity, uri -> channel(PeerCertificates.ofUri(uri))));
  }

  /** The bank as the holder of a certificate sees it. */
  BankServiceBlockingStub as(X509Certificate certificate) {
    return as(channels.computeIfAbsent(certificate.toString(), unused -> channel(certificate)));
  }

  private static BankServiceBlockingStub as(ManagedChannel channel) {
    return BankServiceGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE);
  }

  private ManagedChannel channel(X509Certificate certificate) {
    String name = UUID.randomUUID().toString();
    InProcessServerBuilder builder =
        InProcessServerBuilder.forName(name).addTransportFilter(presenting(certificate));
    context.getBean(GrpcServerConfigurer.class).accept(builder);
    builder.addService(
        ServerInterceptors.interceptForward(
            context.getBean(BankGrpcService.class),
            context.getBean(GlobalServerInterceptorRegistry.class).getServerInterceptors()));
    try {
      servers.add(builder.build().start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return InProcessChannelBuilder.forName(name).build();
  }

  /** Does what a TLS transport does once the handshake has shown the client's certificate. */
  private static ServerTransportFilter presenting(X509Certificate certificate) {
    SSLSession session =
        (SSLSession)
            Proxy.newProxyInstance(
                TestBank.class.getClassLoader(),
                new Class<?>[] {SSLSession.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("getPeerCertificates")) {
                    return new Certificate[] {certificate};
                  }
                  throw new UnsupportedOperationException(method.getName());
                });
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes connection) {
        return connection.toBuilder().set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session).build();
      }
    };
  }

  /** Writes another policy and has the bank read it. */
  void policy(String text) {
    write(policyFile, text);
    context.getBean(PolicyInForce.class).reload();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  GroupCommitWriter writer() {
    return context.getBean(GroupCommitWriter.class);
  }

  /** What Prometheus would read. */
  String scrape() {
    return context.getBean(PrometheusMeterRegistry.class).scrape();
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    servers.forEach(Server::shutdownNow);
    context.close();
  }
}
