package dev.mbank.tracing;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenTelemetry's SDK, which gathers spans and sends them to a collector from a thread of its own.
 * There is an instance only where a collector is named; who finds none leaves calls as they are.
 *
 * <p>OpenTelemetry's own variables hold, all of them, but for two things: there are traces only,
 * for the metrics are Prometheus's and the logs are where they were; and spans bear no events, for
 * those are exceptions, whose messages may say amounts and names.
 *
 * <p>A collector that is slow or away costs the spans that it does not take, and nothing else: they
 * wait in a queue that is bounded, and are dropped when it is full.
 */
public final class Tracing implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Tracing.class);

  /** How long the last spans may take at the end. */
  private static final long FLUSH_SECONDS = 3;

  private final OpenTelemetrySdk sdk;
  private final String endpoint;

  private Tracing(OpenTelemetrySdk sdk, String endpoint) {
    this.sdk = sdk;
    this.endpoint = endpoint;
  }

  /**
   * Starts to gather.
   *
   * @param service the name of the program
   * @param endpoint the collector's base URL
   * @param ratio of the traces that begin here, unless {@code OTEL_TRACES_SAMPLER_ARG} says another
   * @param roots the kinds of spans that may begin a trace; what is alone otherwise is dropped
   * @throws IllegalArgumentException if a variable of OpenTelemetry is wrong
   */
  public static Tracing start(String service, String endpoint, double ratio, Set<SpanKind> roots) {
    try {
      OpenTelemetrySdk sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .addPropertiesSupplier(
                  () ->
                      Map.of(
                          "otel.service.name",
                          service,
                          "otel.exporter.otlp.endpoint",
                          endpoint,
                          "otel.exporter.otlp.protocol",
                          "http/protobuf",
                          "otel.traces.sampler",
                          "parentbased_traceidratio",
                          "otel.traces.sampler.arg",
                          String.valueOf(ratio)))
              .addPropertiesCustomizer(
                  config ->
                      Map.of(
                          "otel.metrics.exporter", "none",
                          "otel.logs.exporter", "none",
                          "otel.span.event.count.limit", "0"))
              .addSamplerCustomizer((sampler, config) -> new RootSampler(sampler, roots))
              .addSpanExporterCustomizer(
                  (exporter, config) -> new ToldSpanExporter(exporter, endpoint))
              .disableShutdownHook()
              .build()
              .getOpenTelemetrySdk();
      log.info("Traces go to {}", endpoint);
      return new Tracing(sdk, endpoint);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Whether a text is the URL of a collector. */
  public static boolean isEndpoint(String text) {
    try {
      URI url = new URI(text);
      return url.getHost() != null
          && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
          && url.getPort() <= 65535
          && url.getRawUserInfo() == null
          && url.getRawQuery() == null
          && url.getRawFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  public OpenTelemetry openTelemetry() {
    return sdk;
  }

  public Tracer tracer() {
    return sdk.getTracer("dev.mbank");
  }

  /** Carries a trace from one program to the other, in W3C's {@code traceparent}. */
  public TextMapPropagator propagator() {
    return sdk.getPropagators().getTextMapPropagator();
  }

  /** Sends what was gathered, if the collector takes it soon. */
  @Override
  public void close() {
    if (!sdk.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS).isSuccess()) {
      log.warn("The last traces are lost: {} did not take them", endpoint);
    }
  }
}
