package dev.mbank.server.security;

import static java.util.Objects.requireNonNull;

import dev.mbank.tls.RefusalReason;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelDuplexHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.ChannelPromise;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslHandler;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The connections of the server's port, from the first byte on. gRPC tells of a connection only
 * once TLS and HTTP/2 are agreed on; those that come to nothing are seen here, each once.
 */
public final class Connections {
  private final Map<Ends, Watch> open = new ConcurrentHashMap<>();
  private final HandshakeLog log = new HandshakeLog(System::nanoTime);
  private final List<HandshakeListener> listeners;
  private final PeerCheck peers;
  private final long handshakeTimeoutNanos;
  private final int maxUselessFrames;
  private final long windowNanos;

  /** A connection that began well. */
  public interface Connection {
    /** Closes it, if it is still there, without another word to its peer. */
    void cutOff(CutOff why);

    /** Bytes that the peer was sent, but for what waits in the buffers of the two systems. */
    long sent();
  }

  /** Both ends: a server of several addresses may meet one address and port of a peer twice. */
  private record Ends(@Nullable SocketAddress local, SocketAddress peer) {}

  /** Why a connection was closed that had begun well. */
  public enum CutOff {
    /** It let a call wait too long, for the rest of a request or the reading of an answer. */
    SLOW,
    /** It sent too many frames that have no use. */
    FLOOD;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What certificates must be at the moment of a connection. */
  public interface PeerCheck {
    void require(X509Certificate[] shown) throws CertificateException;
  }

  /**
   * @param peers is asked of each connection that has TLS
   * @param handshakeTimeout after which the server hangs up on a connection that is not ready
   * @param maxUselessFrames how many of {@link UselessFrames} a connection may send in a window
   * @param window the window
   */
  public Connections(
      List<HandshakeListener> listeners,
      PeerCheck peers,
      Duration handshakeTimeout,
      int maxUselessFrames,
      Duration window) {
    this.listeners = List.copyOf(listeners);
    this.peers = peers;
    this.handshakeTimeoutNanos = handshakeTimeout.toNanos();
    this.maxUselessFrames = maxUselessFrames;
    this.windowNanos = window.toNanos();
  }

  /** For the pipeline of the listening channel, ahead of what accepts the connections. */
  public ChannelHandler watcher() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object accepted) {
        ((Channel) accepted).pipeline().addFirst(new Watch());
        context.fireChannelRead(accepted);
      }
    };
  }

  /** TLS and HTTP/2 are agreed on, with these attributes: null for one that has no addresses. */
  public @Nullable Connection ready(Attributes connection) {
    SocketAddress peer = connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    SocketAddress local = connection.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
    Watch watch = peer == null ? null : open.get(new Ends(local, peer));
    if (watch != null && watch.settle()) {
      watch.boundFrames();
      listeners.forEach(HandshakeListener::accepted);
    }
    return watch;
  }

  /** How many there are, ready or not. */
  public int count() {
    return open.size();
  }

  private final class Watch extends ChannelDuplexHandler implements Connection {
    private final long start = System.nanoTime();
    private final AtomicLong sent = new AtomicLong();
    private @Nullable SslHandler tls;
    private boolean spoken;
    private boolean settled;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Ends ends;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      this.context = context;
    }

    /** gRPC has its handler in the pipeline, and has read the first frame of it. */
    void boundFrames() {
      var http2 = requireNonNull(context).pipeline().get(Http2ConnectionHandler.class);
      if (http2 != null) {
        Http2ConnectionDecoder decoder = http2.decoder();
        decoder.frameListener(
            new UselessFrames(
                decoder.frameListener(), maxUselessFrames, windowNanos, this::flooded));
      }
    }

    /** The peer is told why; who does not listen must not gain time by that. */
    private void flooded() {
      tell(CutOff.FLOOD);
      var unused = requireNonNull(context).executor().schedule(this::abort, 1, TimeUnit.SECONDS);
    }

    @Override
    public void cutOff(CutOff why) {
      if (requireNonNull(context).channel().isOpen()) {
        tell(why);
        abort();
      }
    }

    @Override
    public long sent() {
      return sent.get();
    }

    private void tell(CutOff why) {
      log.cutOff(requireNonNull(context).channel().remoteAddress(), why);
      listeners.forEach(listener -> listener.cutOff(why));
    }

    /** Past TLS and HTTP/2, whose goodbyes would wait for the peer; what is unsent is dropped. */
    private void abort() {
      ChannelHandlerContext first = requireNonNull(context);
      first.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      var unused = first.close();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      ends = new Ends(context.channel().localAddress(), context.channel().remoteAddress());
      open.put(ends, this);
      context.fireChannelActive();
    }

    /** HTTP/2 writes no faster than the peer reads, but for its windows. */
    @Override
    public void write(ChannelHandlerContext context, Object bytes, ChannelPromise promise) {
      sent.addAndGet(((ByteBuf) bytes).readableBytes());
      var unused = context.write(bytes, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      spoken = true;
      if (tls == null) {
        // gRPC puts it there after this handler, and before the first byte.
        tls = context.pipeline().get(SslHandler.class);
        if (tls != null) {
          var unused =
              tls.handshakeFuture()
                  .addListener(
                      done -> {
                        if (done.isSuccess()) {
                          hold(context.channel(), requireNonNull(tls).engine().getSession());
                        } else {
                          refused(context.channel(), reason(done.cause()), done.cause());
                        }
                      });
        }
      }
      context.fireChannelRead(bytes);
    }

    /** Before HTTP/2 begins; a full handshake has done it already, a resumed session has not. */
    private void hold(Channel channel, SSLSession session) {
      try {
        Certificate[] shown = session.getPeerCertificates();
        peers.require(Arrays.copyOf(shown, shown.length, X509Certificate[].class));
      } catch (SSLPeerUnverifiedException | CertificateException e) {
        refused(channel, Handshakes.reason(e), e);
        abort();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (ends != null) {
        open.remove(ends, this);
      }
      context.fireChannelInactive();
      refused(context.channel(), missing(), null);
    }

    /** What did not come, where nothing failed. */
    private RefusalReason missing() {
      if (tls != null && tls.handshakeFuture().isSuccess()) {
        boolean http2 = tls.applicationProtocol() != null;
        return http2 ? RefusalReason.NO_PREFACE : RefusalReason.NO_ALPN;
      }
      if (late()) {
        return RefusalReason.TIMEOUT;
      }
      // Whoever speaks to TLS has a TLS handler from the first byte on.
      return spoken && tls == null ? RefusalReason.NO_PREFACE : RefusalReason.CLOSED;
    }

    private RefusalReason reason(Throwable failure) {
      RefusalReason reason = Handshakes.reason(failure);
      return reason == RefusalReason.CLOSED && late() ? RefusalReason.TIMEOUT : reason;
    }

    /** Whether it was the server's patience that ended. */
    private boolean late() {
      return System.nanoTime() - start >= handshakeTimeoutNanos * 9 / 10;
    }

    private void refused(Channel channel, RefusalReason reason, @Nullable Throwable failure) {
      if (settle()) {
        log.refused(channel.remoteAddress(), reason, failure);
        listeners.forEach(listener -> listener.refused(reason));
      }
    }

    /** Whether this is the first word on how it began. */
    synchronized boolean settle() {
      boolean first = !settled;
      settled = true;
      return first;
    }
  }
}
