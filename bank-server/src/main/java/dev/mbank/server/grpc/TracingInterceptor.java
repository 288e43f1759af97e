package dev.mbank.server.grpc;

import dev.mbank.tracing.Tracing;
import dev.mbank.v1.BankServiceGrpc;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of each sampled call of the bank's, the child of its caller's, and lets the handler
 * run in it. A call that is not sampled goes on as if there were no tracing. The names are those of
 * OpenTelemetry's semantic conventions for RPC; nothing of a request or an answer is among them.
 *
 * <p>OpenTelemetry's own interceptor is not used: its library replaces the storage of gRPC's
 * contexts as soon as it is there, so every call would pay for it, traced or not.
 */
final class TracingInterceptor implements ServerInterceptor {
  private static final TextMapGetter<Metadata> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Metadata headers) {
          return headers.keys();
        }

        @Override
        public @Nullable String get(@Nullable Metadata headers, String key) {
          return headers == null
              ? null
              : headers.get(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
        }
      };

  private final Tracer tracer;
  private final TextMapPropagator propagator;

  TracingInterceptor(Tracing tracing) {
    this.tracer = tracing.tracer();
    this.propagator = tracing.propagator();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    MethodDescriptor<Q, A> method = call.getMethodDescriptor();
    if (!BankServiceGrpc.SERVICE_NAME.equals(method.getServiceName())) {
      return next.startCall(call, headers);
    }
    Context caller = propagator.extract(Context.root(), headers, HEADERS);
    Span span =
        tracer
            .spanBuilder(method.getFullMethodName())
            .setSpanKind(SpanKind.SERVER)
            .setParent(caller)
            .setAttribute("rpc.system", "grpc")
            .setAttribute("rpc.service", BankServiceGrpc.SERVICE_NAME)
            .setAttribute("rpc.method", String.valueOf(method.getBareMethodName()))
            .startSpan();
    if (!span.getSpanContext().isSampled()) {
      return next.startCall(call, headers);
    }
    Context context = caller.with(span);
    return new SimpleForwardingServerCallListener<>(
        next.startCall(new TracedCall<>(call, span), headers)) {
      /** Where handlers run: the bank's calls have one message each. */
      @Override
      public void onHalfClose() {
        Scope scope = context.makeCurrent();
        try {
          super.onHalfClose();
        } finally {
          scope.close();
        }
      }

      @Override
      public void onCancel() {
        end(span, Status.CANCELLED);
        super.onCancel();
      }
    };
  }

  /** The first end counts; what comes after it is not seen. */
  private static void end(Span span, Status status) {
    span.setAttribute("rpc.grpc.status_code", (long) status.getCode().value());
    if (isFault(status)) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }

  /** Of the server; the others are its caller's. */
  private static boolean isFault(Status status) {
    return switch (status.getCode()) {
      case UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
      default -> false;
    };
  }

  private static final class TracedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final Span span;

    TracedCall(ServerCall<Q, A> call, Span span) {
      super(call);
      this.span = span;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      end(span, status);
      super.close(status, trailers);
    }
  }
}
