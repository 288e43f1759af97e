package dev.mbank.benchmarks;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One TCP connection to a server, and a maker of request ids, as a client program has one. */
final class Connection {
  /** As many calls at a time as the bank lets one connection have. */
  static final int MAX_CALLS = 1000;

  final ManagedChannel channel;
  final TimeBasedEpochGenerator ids = Generators.timeBasedEpochGenerator();
  final AtomicInteger underWay = new AtomicInteger();

  Connection(int port, SslContext tls, EventLoopGroup threads) {
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .sslContext(tls)
            .eventLoopGroup(threads)
            .channelType(NioSocketChannel.class)
            .directExecutor()
            .disableRetry()
            .build();
  }

  /** Connects now, so that no call waits for it. */
  void connect() throws InterruptedException {
    ConnectivityState state = channel.getState(true);
    while (state != ConnectivityState.READY) {
      CountDownLatch changed = new CountDownLatch(1);
      channel.notifyWhenStateChanged(state, changed::countDown);
      if (!changed.await(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("no connection: " + state);
      }
      state = channel.getState(true);
    }
  }
}
