package dev.mbank.client;

import dev.mbank.tracing.Tracing;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.function.Supplier;

/**
 * Makes a span of each call, and below it one of each attempt, which the bank's spans are the
 * children of. The names are those of OpenTelemetry's semantic conventions for RPC; nothing of a
 * request or an answer is among them.
 */
final class CallTracer implements ClientInterceptor, BankClient.Surroundings {
  private static final TextMapSetter<Metadata> HEADERS =
      (headers, key, value) -> {
        if (headers != null) {
          headers.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value);
        }
      };

  private final Tracer tracer;
  private final TextMapPropagator propagator;

  CallTracer(Tracing tracing) {
    this.tracer = tracing.tracer();
    this.propagator = tracing.propagator();
  }

  @Override
  public <A> A around(String method, Supplier<A> call) {
    Span span = tracer.spanBuilder(method).startSpan();
    Scope scope = span.makeCurrent();
    try {
      return call.get();
    } catch (RuntimeException e) {
      span.setStatus(StatusCode.ERROR);
      throw e;
    } finally {
      scope.close();
      span.end();
    }
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<A> listener, Metadata headers) {
        Span span =
            tracer
                .spanBuilder(method.getFullMethodName())
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute("rpc.system", "grpc")
                .setAttribute("rpc.service", String.valueOf(method.getServiceName()))
                .setAttribute("rpc.method", String.valueOf(method.getBareMethodName()))
                .startSpan();
        propagator.inject(Context.current().with(span), headers, HEADERS);
        super.start(new TracedListener<>(listener, span), headers);
      }
    };
  }

  private static final class TracedListener<A> extends SimpleForwardingClientCallListener<A> {
    private final Span span;

    TracedListener(ClientCall.Listener<A> listener, Span span) {
      super(listener);
      this.span = span;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      span.setAttribute("rpc.grpc.status_code", (long) status.getCode().value());
      if (!status.isOk()) {
        span.setStatus(StatusCode.ERROR);
      }
      span.end();
      super.onClose(status, trailers);
    }
  }
}
