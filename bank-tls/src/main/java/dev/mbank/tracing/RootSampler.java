package dev.mbank.tracing;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;
import java.util.Set;

/**
 * Lets traces begin with spans of some kinds only. Otherwise each SQL statement that belongs to no
 * call, such as the indexer's, would be a trace.
 */
final class RootSampler implements Sampler {
  private final Sampler sampler;
  private final Set<SpanKind> roots;

  RootSampler(Sampler sampler, Set<SpanKind> roots) {
    this.sampler = sampler;
    this.roots = roots;
  }

  @Override
  public SamplingResult shouldSample(
      Context parent,
      String traceId,
      String name,
      SpanKind kind,
      Attributes attributes,
      List<LinkData> links) {
    boolean root = !Span.fromContext(parent).getSpanContext().isValid();
    return root && !roots.contains(kind)
        ? SamplingResult.drop()
        : sampler.shouldSample(parent, traceId, name, kind, attributes, links);
  }

  @Override
  public String getDescription() {
    return "RootSampler{" + roots + ", " + sampler.getDescription() + "}";
  }
}
