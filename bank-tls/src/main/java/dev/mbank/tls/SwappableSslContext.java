package dev.mbank.tls;

import io.grpc.netty.shaded.io.netty.buffer.ByteBufAllocator;
import io.grpc.netty.shaded.io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;

/**
 * A context whose inside can be exchanged: each new connection takes the one in force. Exchanging
 * the trust manager alone would not do: cached sessions of a removed CA would still be resumed, and
 * a new CA would be missing among those that clients are told of. Netty's own delegating context
 * has a delegate that is final.
 */
final class SwappableSslContext extends SslContext {
  private volatile SslContext inForce;

  SwappableSslContext(SslContext first) {
    this.inForce = first;
  }

  void swap(SslContext next) {
    inForce = next;
  }

  @Override
  public boolean isClient() {
    return inForce.isClient();
  }

  @Override
  public List<String> cipherSuites() {
    return inForce.cipherSuites();
  }

  @Override
  @SuppressWarnings("deprecation") // The type; the method is the one that gRPC asks.
  public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
    return inForce.applicationProtocolNegotiator();
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator) {
    return inForce.newEngine(allocator);
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator, String host, int port) {
    return inForce.newEngine(allocator, host, port);
  }

  @Override
  public SSLSessionContext sessionContext() {
    return inForce.sessionContext();
  }
}
