package dev.mbank.server.grpc;

import dev.mbank.server.security.Connections;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.IoHandlerFactory;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * The listening channel and the threads behind it: what gRPC would use by itself, epoll where there
 * is epoll. They are our own, because gRPC lets nobody see a connection before it is ready.
 */
final class Transport implements AutoCloseable {
  /** As many as Netty finds right for the machine. */
  private static final int DEFAULT_THREADS = 0;

  private final Connections connections;
  private final EventLoopGroup acceptor = new MultiThreadIoEventLoopGroup(1, handlers());
  private final EventLoopGroup workers =
      new MultiThreadIoEventLoopGroup(DEFAULT_THREADS, handlers());

  Transport(Connections connections) {
    this.connections = connections;
  }

  void configure(NettyServerBuilder builder) {
    builder
        .channelFactory(this::channel)
        .bossEventLoopGroup(acceptor)
        .workerEventLoopGroup(workers);
  }

  private ServerChannel channel() {
    ServerChannel channel =
        Epoll.isAvailable() ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    channel.pipeline().addFirst(connections.watcher());
    return channel;
  }

  private static IoHandlerFactory handlers() {
    return Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  /** After the server, which has ended its connections. */
  @Override
  public void close() {
    var unused = acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    unused = workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
