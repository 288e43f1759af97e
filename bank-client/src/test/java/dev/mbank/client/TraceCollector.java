package dev.mbank.client;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** A collector in memory: takes OTLP over HTTP and keeps every span. */
final class TraceCollector implements AutoCloseable {
  private final HttpServer server;
  private final List<Collected> spans = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /** A span and the program that it comes from. */
  record Collected(String service, Span span) {
    String name() {
      return span.getName();
    }

    /** The value of an attribute as text, empty if there is none. */
    String attribute(String key) {
      return value(span.getAttributesList(), key);
    }

    /** All of it but ids and times, in whose figures anything may be. */
    String told() {
      return span.toBuilder()
          .clearTraceId()
          .clearSpanId()
          .clearParentSpanId()
          .clearLinks()
          .clearStartTimeUnixNano()
          .clearEndTimeUnixNano()
          .toString();
    }

    boolean isChildOf(Collected parent) {
      return span.getTraceId().equals(parent.span.getTraceId())
          && span.getParentSpanId().equals(parent.span.getSpanId());
    }

    boolean isLinkedTo(Collected other) {
      return span.getLinksList().stream()
          .anyMatch(
              link ->
                  link.getTraceId().equals(other.span.getTraceId())
                      && link.getSpanId().equals(other.span.getSpanId()));
    }
  }

  TraceCollector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::take);
    server.start();
  }

  /** The base URL. */
  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Whatever was asked for, traces or not. */
  List<String> requests() {
    return requests;
  }

  List<Collected> spans() {
    return spans;
  }

  List<Collected> spans(Predicate<Collected> wanted) {
    return spans.stream().filter(wanted).toList();
  }

  List<Collected> childrenOf(Collected parent) {
    return spans(each -> each.isChildOf(parent));
  }

  /** A trace as a tree, as one line a span. */
  List<String> tree(Collected root) {
    List<String> lines = new ArrayList<>();
    addTree(root, "", lines);
    return lines;
  }

  private void addTree(Collected span, String indent, List<String> lines) {
    long nanos = span.span.getEndTimeUnixNano() - span.span.getStartTimeUnixNano();
    lines.add("%s%-11s  %s  %.2f ms".formatted(indent, span.service, span.name(), nanos / 1e6));
    childrenOf(span).stream()
        .sorted(
            (a, b) -> Long.compare(a.span.getStartTimeUnixNano(), b.span.getStartTimeUnixNano()))
        .forEach(child -> addTree(child, indent + "  ", lines));
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
      for (ResourceSpans each :
          ExportTraceServiceRequest.parseFrom(ByteString.readFrom(exchange.getRequestBody()))
              .getResourceSpansList()) {
        String service = value(each.getResource().getAttributesList(), "service.name");
        each.getScopeSpansList()
            .forEach(
                scope ->
                    scope.getSpansList().forEach(span -> spans.add(new Collected(service, span))));
      }
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private static String value(List<KeyValue> attributes, String key) {
    return attributes.stream()
        .filter(each -> each.getKey().equals(key))
        .map(KeyValue::getValue)
        .map(each -> each.hasIntValue() ? "" + each.getIntValue() : each.getStringValue())
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
