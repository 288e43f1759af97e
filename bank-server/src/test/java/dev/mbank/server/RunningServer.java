package dev.mbank.server;

import static java.util.stream.Collectors.toMap;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import net.devh.boot.grpc.server.event.GrpcServerStartedEvent;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;

/** The real application in this JVM, on free ports, with its database in a folder of the test. */
final class RunningServer implements AutoCloseable {
  private final ConfigurableApplicationContext context;
  private final int port;

  private RunningServer(ConfigurableApplicationContext context, int port) {
    this.context = context;
    this.port = port;
  }

  /**
   * Starts it.
   *
   * @param folder where the database is, and the certificate files that it is told of
   * @param settings as {@code NAME=value}: the variables, or any property
   */
  static RunningServer start(Path folder, String... settings) {
    return start(folder, new BeanPostProcessor() {}, settings);
  }

  /** Starts it with parts exchanged, such as a store that can be made to wait. */
  static RunningServer start(Path folder, BeanPostProcessor exchange, String... settings) {
    AtomicInteger port = new AtomicInteger();
    ApplicationListener<GrpcServerStartedEvent> started = event -> port.set(event.getPort());
    Stream<String> defaults =
        Stream.of(
            "HOST=127.0.0.1",
            "PORT=0",
            "MANAGEMENT_PORT=0",
            "DATABASE_URL=jdbc:sqlite:" + folder.resolve("bank.db"),
            "AUDIT_FILE=" + folder.resolve("audit.jsonl"),
            "CA_FILE=" + folder.resolve("ca.crt"),
            "CERT_FILE=" + folder.resolve("server.crt"),
            "KEY_FILE=" + folder.resolve("server.key"));
    ConfigurableApplicationContext context =
        new SpringApplicationBuilder(BankServerApplication.class)
            .registerShutdownHook(false)
            .listeners(started)
            .initializers(to -> to.getBeanFactory().addBeanPostProcessor(exchange))
            .run(
                // By name, the last one counts: Spring would make a list of two of one name.
                Stream.concat(defaults, Arrays.stream(settings))
                    .collect(toMap(each -> each.split("=", 2)[0], each -> "--" + each, (a, b) -> b))
                    .values()
                    .toArray(String[]::new));
    return new RunningServer(context, port.get());
  }

  int port() {
    return port;
  }

  /** The HTTP status of its readiness: 200 is ready. */
  int readiness() throws Exception {
    String port = context.getEnvironment().getProperty("local.server.port");
    URI uri = URI.create("http://127.0.0.1:" + port + "/actuator/health/readiness");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  <T> T part(Class<T> type) {
    return context.getBean(type);
  }

  /** Shuts down as SIGTERM does. */
  @Override
  public void close() {
    context.close();
  }
}
