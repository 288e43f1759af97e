package dev.mbank.server.grpc;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.protobuf.MessageLite;
import dev.mbank.server.grpc.Backlog.Round;
import dev.mbank.server.grpc.Backlog.Turn;
import dev.mbank.server.security.Connections;
import dev.mbank.server.security.Connections.Connection;
import dev.mbank.server.security.Connections.CutOff;
import io.grpc.Attributes;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds what slow peers, or those that act as if, make the server keep: a connection that has too
 * much unread is not ready for more, which handlers of reads ask, and one that lets a call wait too
 * long is closed. HTTP/2 itself lets a peer ask for a thousand answers and read none. Answers to
 * writes are small, and always sent: what was done must be told.
 *
 * <p>Streams of the client, which only reflection has, are not looked at.
 */
final class SlowPeers extends ServerTransportFilter implements ServerInterceptor, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SlowPeers.class);
  private static final int NOT_WAITING = -1;
  private static final Attributes.Key<Backlog> OF_CONNECTION =
      Attributes.Key.create("mbank.backlog");

  private final Map<Backlog, Connection> backlogs = new ConcurrentHashMap<>();
  private final AtomicLong unread = new AtomicLong();
  private final Connections connections;
  private final long maxUnreadOfConnection;
  private final long maxUnread;
  private final ScheduledExecutorService rounds =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "slow-peers");
            thread.setDaemon(true);
            return thread;
          });

  SlowPeers(Connections connections, GrpcSettings settings) {
    this.connections = connections;
    this.maxUnreadOfConnection = settings.maxUnreadPerConnection().toBytes();
    this.maxUnread = settings.maxUnread().toBytes();
    // Who is found at the end of a round has waited for one to two of them.
    long nanos = settings.peerTimeout().toNanos() / 2;
    Round round = new Round(nanos, settings.minReadRate().toBytes() * 2 * nanos / 1_000_000_000);
    // With a fixed delay, so that a server that stood still does not take it for the peers' fault.
    var unused =
        rounds.scheduleWithFixedDelay(
            () -> nextRound(backlogs, round, System.nanoTime()), nanos, nanos, NANOSECONDS);
  }

  @Override
  public Attributes transportReady(Attributes connection) {
    Backlog backlog = new Backlog(unread);
    Connection ready = connections.ready(connection);
    if (ready != null) {
      backlogs.put(backlog, ready);
    }
    return connection.toBuilder().set(OF_CONNECTION, backlog).build();
  }

  @Override
  public void transportTerminated(@Nullable Attributes connection) {
    if (connection == null) {
      return; // It was never ready.
    }
    Backlog backlog = connection.get(OF_CONNECTION);
    if (backlog != null) {
      backlogs.remove(backlog);
    }
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Backlog backlog = call.getAttributes().get(OF_CONNECTION);
    if (backlog == null || !call.getMethodDescriptor().getType().clientSendsOneMessage()) {
      return next.startCall(call, headers);
    }
    BoundedCall<Q, A> bounded = new BoundedCall<>(call, backlog);
    return new SimpleForwardingServerCallListener<>(next.startCall(bounded, headers)) {
      @Override
      public void onHalfClose() {
        bounded.requested();
        super.onHalfClose();
      }

      @Override
      public void onCancel() {
        bounded.end();
        super.onCancel();
      }

      @Override
      public void onComplete() {
        bounded.end();
        super.onComplete();
      }
    };
  }

  /** Whatever one connection throws: it must end neither the round nor those to come. */
  static void nextRound(Map<Backlog, Connection> backlogs, Round round, long now) {
    backlogs.forEach(
        (backlog, connection) -> {
          try {
            if (backlog.nextRound(now, connection.sent(), round)) {
              connection.cutOff(CutOff.SLOW);
            }
          } catch (Throwable e) {
            log.error("Looking for slow peers failed", e);
          }
        });
  }

  @Override
  public void close() {
    rounds.shutdownNow();
  }

  /** Knows whose turn it is. Answers come from other threads than the peer's doings. */
  private final class BoundedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final Backlog backlog;
    private int waiting;
    private long unreadHere;
    private boolean answered;
    private boolean ended;

    BoundedCall(ServerCall<Q, A> call, Backlog backlog) {
      super(call);
      this.backlog = backlog;
      this.waiting = backlog.enter(Turn.REQUEST);
    }

    /**
     * Whether a handler may read what may be large. One answer may always wait, so that no other
     * connection's backlog starves this one.
     */
    @Override
    public boolean isReady() {
      return backlog.unread() == 0
          || (backlog.unread() < maxUnreadOfConnection && backlog.unreadOfServer() < maxUnread);
    }

    @Override
    public void sendMessage(A message) {
      // A stream tells when a message was read only at its end; those that there are say little.
      boolean counts = getMethodDescriptor().getType().serverSendsOneMessage();
      send(counts && message instanceof MessageLite proto ? proto.getSerializedSize() : 0);
      super.sendMessage(message);
    }

    private synchronized void send(int size) {
      if (!ended) {
        unreadHere += size;
        backlog.answered(size);
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      answer();
      super.close(status, trailers);
    }

    private synchronized void answer() {
      answered = true;
      if (!ended && waiting == NOT_WAITING) {
        waiting = backlog.enter(Turn.ANSWER);
      }
    }

    synchronized void requested() {
      if (!answered) {
        leave();
      }
    }

    synchronized void end() {
      ended = true;
      leave();
      backlog.answered(-unreadHere);
      unreadHere = 0;
    }

    private void leave() {
      if (waiting != NOT_WAITING) {
        backlog.leave(waiting);
        waiting = NOT_WAITING;
      }
    }
  }
}
