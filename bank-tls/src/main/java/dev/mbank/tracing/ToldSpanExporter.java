package dev.mbank.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in a line when the collector takes no more spans, and when it does again. The exporter's own
 * words are a stack trace a minute, and switched off.
 */
final class ToldSpanExporter implements SpanExporter {
  private static final Logger log = LoggerFactory.getLogger(Tracing.class);

  private final SpanExporter exporter;
  private final String endpoint;
  private final AtomicBoolean failing = new AtomicBoolean();

  ToldSpanExporter(SpanExporter exporter, String endpoint) {
    this.exporter = exporter;
    this.endpoint = endpoint;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode result = exporter.export(spans);
    return result.whenComplete(() -> tell(result));
  }

  private void tell(CompletableResultCode result) {
    boolean failed = !result.isSuccess();
    if (failing.getAndSet(failed) == failed) {
      return;
    }
    if (failed) {
      log.warn(
          "Traces are lost: {} does not take them ({}); banking goes on",
          endpoint,
          String.valueOf(result.getFailureThrowable()).replaceAll("\\R", " "));
    } else {
      log.info("{} takes traces again", endpoint);
    }
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }
}
