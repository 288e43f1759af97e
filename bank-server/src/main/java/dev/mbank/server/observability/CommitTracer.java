package dev.mbank.server.observability;

import dev.mbank.server.commit.BatchObserver;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of each commit that a sampled call waits for. It is the child of the first of them;
 * the others and it are linked, both ways, for a span has one parent only. The SDK bounds the links
 * (128).
 */
final class CommitTracer implements BatchObserver {
  private final Tracer tracer;

  CommitTracer(Tracer tracer) {
    this.tracer = tracer;
  }

  @Override
  public @Nullable Object origin() {
    Context context = Context.current();
    return Span.fromContext(context).getSpanContext().isSampled() ? context : null;
  }

  @Override
  public void watch(int commands, List<Object> origins, Supplier<@Nullable Throwable> commit) {
    Context first = (Context) origins.get(0);
    SpanBuilder builder =
        tracer
            .spanBuilder("commit")
            .setParent(first)
            .setAttribute("mbank.commit.commands", (long) commands);
    List<Span> others =
        origins.stream().skip(1).map(origin -> Span.fromContext((Context) origin)).toList();
    others.forEach(call -> builder.addLink(call.getSpanContext()));
    Span span = builder.startSpan();
    others.forEach(call -> call.addLink(span.getSpanContext()));
    Scope scope = first.with(span).makeCurrent();
    try {
      if (commit.get() != null) {
        span.setStatus(StatusCode.ERROR);
      }
    } finally {
      scope.close();
      span.end();
    }
  }
}
