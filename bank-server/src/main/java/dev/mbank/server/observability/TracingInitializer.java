package dev.mbank.server.observability;

import dev.mbank.server.settings.SettingException;
import dev.mbank.tracing.Tracing;
import io.opentelemetry.api.trace.SpanKind;
import java.util.Set;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.support.GenericApplicationContext;

/**
 * Makes a bean of the tracing if {@code OTEL_EXPORTER_OTLP_ENDPOINT} names a collector. Who traces
 * asks whether there is that bean, so that without it nothing is wrapped and nothing intercepted.
 */
final class TracingInitializer implements ApplicationContextInitializer<GenericApplicationContext> {
  /** Of the calls whose callers trace nothing. */
  private static final double RATIO = 0.1;

  @Override
  public void initialize(GenericApplicationContext context) {
    String endpoint = context.getEnvironment().getProperty("mbank.tracing.endpoint", "").strip();
    if (!endpoint.isEmpty()) {
      context.registerBean(Tracing.class, () -> start(endpoint));
    }
  }

  private static Tracing start(String endpoint) {
    try {
      return Tracing.start("bank-server", endpoint, RATIO, Set.of(SpanKind.SERVER));
    } catch (IllegalArgumentException e) {
      throw new SettingException(
          "OTEL_*", String.valueOf(e.getMessage()), "what OpenTelemetry's SDK takes", e);
    }
  }
}
