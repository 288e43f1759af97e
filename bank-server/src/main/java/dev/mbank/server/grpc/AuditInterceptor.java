package dev.mbank.server.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Puts every call into the hands of an {@link AuditedCall}. Sees errors as callers do. */
final class AuditInterceptor implements ServerInterceptor {
  /** By full name: only methods that the server has come here. */
  private final Map<String, AuditedMethod> methods = new ConcurrentHashMap<>();

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var method = call.getMethodDescriptor();
    AuditedCall<Q, A> audited =
        new AuditedCall<>(
            call,
            methods.computeIfAbsent(method.getFullMethodName(), name -> AuditedMethod.of(method)));
    Context context = Context.current().withValue(AuditedCall.KEY, audited);
    return new SimpleForwardingServerCallListener<>(
        Contexts.interceptCall(context, audited, headers, next)) {
      @Override
      public void onMessage(@Nullable Q message) {
        audited.requested(message);
        super.onMessage(message);
      }
    };
  }
}
