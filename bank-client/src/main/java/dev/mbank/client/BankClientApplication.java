package dev.mbank.client;

import dev.mbank.tls.PeerKind;
import dev.mbank.tls.ReloadingTls;
import dev.mbank.tls.TlsFileException;
import dev.mbank.tracing.Tracing;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.api.trace.SpanKind;
import java.security.Security;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.MapPropertySource;

/**
 * Starts the bank's client. It ends with one of the {@link ExitCode}s, and if that is not 0, with
 * one line on stderr that says what to do.
 */
@SpringBootApplication
public class BankClientApplication {
  private static final Logger log = LoggerFactory.getLogger(BankClientApplication.class);
  private static final String ADDRESS_TTL = "networkaddress.cache.ttl";
  private static final Duration RELOAD_INTERVAL = Duration.ofSeconds(2);

  public static void main(String[] args) {
    System.exit(run(args).number());
  }

  static ExitCode run(String... args) {
    forgetAddresses();
    var application = new SpringApplication(BankClientApplication.class);
    application.addInitializers((GenericApplicationContext context) -> checkSettings(context));
    try {
      application.run(args).close();
      return ExitCode.DONE;
    } catch (RuntimeException e) {
      return explain(e);
    }
  }

  /**
   * A name is looked up again when a connection breaks. What gRPC or Java remember of it, for half
   * a minute, would then be the addresses of servers that a rolling upgrade has replaced.
   */
  private static void forgetAddresses() {
    System.setProperty(ADDRESS_TTL, "0");
    Security.setProperty(ADDRESS_TTL, "0");
  }

  /** Runs before any bean is made, so that a wrong variable is told as such. */
  private static void checkSettings(GenericApplicationContext context) {
    var environment = context.getEnvironment();
    ClientSettings settings = ClientSettings.from(environment);
    environment
        .getPropertySources()
        .addFirst(
            new MapPropertySource("clientSettings", Map.of("mbank.target", settings.target())));
    context.registerBean(ClientSettings.class, () -> settings);
    if (settings.tlsEnabled()) {
      ReloadingTls tls = new ReloadingTls(settings.tlsFiles(), PeerKind.CLIENT);
      tls.watch(RELOAD_INTERVAL);
      context.registerBean(ReloadingTls.class, () -> tls);
    }
    String collector = settings.tracingEndpoint();
    if (!collector.isEmpty()) {
      context.registerBean(Tracing.class, () -> startTracing(collector));
    }
  }

  /** All calls of this program are traced, and thereby all that the bank does for them. */
  private static Tracing startTracing(String collector) {
    try {
      return Tracing.start(
          "bank-client", collector, 1.0, Set.of(SpanKind.INTERNAL, SpanKind.CLIENT));
    } catch (IllegalArgumentException e) {
      throw new SettingException(
          "OTEL_*", String.valueOf(e.getMessage()), "what OpenTelemetry's SDK takes", e);
    }
  }

  /** Prints the line. Spring may have wrapped the exception that knows it. */
  private static ExitCode explain(RuntimeException failure) {
    log.debug("The client failed", failure);
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof ExitException e) {
        return exit(e.exitCode(), e.getMessage());
      }
      if (t instanceof TlsFileException) {
        return exit(ExitCode.CONFIGURATION, t.getMessage());
      }
      if (t instanceof BankRefusedException e) {
        return exit(ExitCode.REFUSED, "the bank refused: " + e.getMessage() + "; " + e.advice());
      }
      if (t instanceof BankUnavailableException) {
        return exit(ExitCode.UNAVAILABLE, t.getMessage());
      }
      if (t instanceof StatusRuntimeException) {
        return exit(
            ExitCode.UNEXPECTED,
            "unexpected answer from the bank: "
                + t.getMessage()
                + "; check that HOST and PORT are a bank-server's, and its log");
      }
    }
    return exit(
        ExitCode.UNEXPECTED,
        "unexpected: "
            + NestedExceptionUtils.getMostSpecificCause(failure)
            + "; LOGGING_LEVEL_DEV_MBANK=debug shows where it comes from");
  }

  private static ExitCode exit(ExitCode exitCode, @Nullable String message) {
    System.err.println("bank-client: " + String.valueOf(message).replaceAll("\\R", " "));
    return exitCode;
  }
}
