package dev.mbank.server.grpc;

import dev.mbank.server.security.Peer;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;

/**
 * Carries the peer from the connection, where it is read once from the certificate, to each call.
 */
final class Caller extends ServerTransportFilter implements ServerInterceptor {
  private static final Attributes.Key<Peer> OF_CONNECTION = Attributes.Key.create("mbank.peer");
  private static final Context.Key<Peer> OF_CALL = Context.key("mbank.peer");

  /** The peer of the call that this thread handles. */
  static Peer current() {
    return OF_CALL.get();
  }

  /** The peer of the connection that a call came on. */
  static Peer of(ServerCall<?, ?> call) {
    Peer peer = call.getAttributes().get(OF_CONNECTION);
    return peer == null ? Peer.of(call.getAttributes()) : peer;
  }

  @Override
  public Attributes transportReady(Attributes connection) {
    return connection.toBuilder().set(OF_CONNECTION, Peer.of(connection)).build();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Context context = Context.current().withValue(OF_CALL, of(call));
    return Contexts.interceptCall(context, call, headers, next);
  }
}
