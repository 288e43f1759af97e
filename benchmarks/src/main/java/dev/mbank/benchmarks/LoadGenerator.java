package dev.mbank.benchmarks;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls a server from this process, and counts what it acknowledged. Answers are handled, and the
 * next calls made, on the transport's own thread.
 */
final class LoadGenerator implements AutoCloseable {
  private static final long DRAIN = TimeUnit.SECONDS.toNanos(30);

  /** A pause that is shorter ends late anyway. */
  private static final long SHORTEST_PAUSE = 50_000;

  private final List<Connection> connections = new ArrayList<>();
  private final EventLoopGroup threads;
  private final Acknowledged acknowledged;

  /**
   * Connects.
   *
   * @param count how many connections, which are spread over the ports
   * @param acknowledged what is acknowledged here is added to it
   */
  LoadGenerator(List<Integer> ports, SslContext tls, int count, Acknowledged acknowledged)
      throws InterruptedException {
    this.acknowledged = acknowledged;
    threads = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    for (int i = 0; i < count; i++) {
      connections.add(new Connection(ports.get(i % ports.size()), tls, threads));
    }
    for (Connection each : connections) {
      each.connect();
    }
  }

  /** Each account's turn, once. */
  void once(Workload workload) {
    Run run = new Run(workload, Times.starting(0, 0));
    run.last = Workload.ACCOUNTS;
    run.closedLoop(connections, 256);
    sum(run);
  }

  /** Callers who call again as soon as they have an answer. */
  Outcome closedLoop(Workload workload, int inFlight, Times times) {
    Run run = new Run(workload, times);
    run.closedLoop(connections, inFlight);
    return new Outcome(workload, inFlight, 0, times.seconds(), sum(run));
  }

  /**
   * Calls at a rate, whether there are answers or not. Late calls count from when they were due.
   */
  Outcome openLoop(Workload workload, double rate, Times times) {
    Run run = new Run(workload, times);
    run.openLoop(connections, rate);
    return new Outcome(workload, 0, rate, times.seconds(), sum(run));
  }

  private Tally sum(Run run) {
    if (!run.drained()) {
      throw new IllegalStateException("calls that were never answered: " + run.underWay);
    }
    Tally all = new Tally();
    run.tallies.forEach(each -> each.addTo(all));
    acknowledged.add(all);
    return all;
  }

  /** What the bank says that it has done. */
  Books books() {
    return Books.of(connections.get(0).channel, acknowledged);
  }

  @Override
  public void close() {
    connections.forEach(each -> each.channel.shutdownNow());
    threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** When a run measures, in the time of {@link System#nanoTime}. */
  record Times(long from, long until) {
    static Times starting(double warmUp, double seconds) {
      long from = System.nanoTime() + (long) (warmUp * 1e9);
      return new Times(from, from + (long) (seconds * 1e9));
    }

    double seconds() {
      return (until - from) / 1e9;
    }

    boolean has(long time) {
      return time - from >= 0 && time - until < 0;
    }
  }

  /** One run. */
  private final class Run {
    private final Workload workload;
    private final Times times;
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger turn = new AtomicInteger();
    private final List<Tally> tallies = new ArrayList<>();
    private int last = Integer.MAX_VALUE;

    Run(Workload workload, Times times) {
      this.workload = workload;
      this.times = times;
      connections.forEach(each -> tallies.add(new Tally()));
    }

    void closedLoop(List<Connection> connections, int inFlight) {
      underWay.set(inFlight);
      for (int i = 0; i < inFlight; i++) {
        int connection = i % connections.size();
        new Call(this, connections.get(connection), tallies.get(connection), true).next();
      }
    }

    void openLoop(List<Connection> connections, double rate) {
      double interval = 1e9 / rate;
      long begin = System.nanoTime();
      long due = begin;
      for (long i = 0; due - times.until < 0; i++, due = begin + (long) (i * interval)) {
        long early = due - System.nanoTime();
        if (early > 0) {
          LockSupport.parkNanos(Math.max(early, SHORTEST_PAUSE));
        }
        int turn = (int) (i % connections.size());
        Connection connection = connections.get(turn);
        if (connection.underWay.get() < Connection.MAX_CALLS) {
          underWay.incrementAndGet();
          new Call(this, connection, tallies.get(turn), false).at(due);
        } else if (times.has(due)) {
          tallies.get(turn).unsent();
        }
      }
    }

    boolean drained() {
      long deadline = Math.max(times.until, System.nanoTime()) + DRAIN;
      while (underWay.get() > 0 && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(1_000_000);
      }
      return underWay.get() == 0;
    }
  }

  /** A caller with one call at a time; in an open loop, with only one. */
  private final class Call extends ClientCall.Listener<byte[]> {
    private static final int SAMPLED = 1023;

    private final Run run;
    private final Connection connection;
    private final Tally tally;
    private final Requests requests;
    private final boolean again;
    private long due;
    private long sent;
    private byte[] reply = {};

    Call(Run run, Connection connection, Tally tally, boolean again) {
      this.run = run;
      this.connection = connection;
      this.tally = tally;
      this.again = again;
      requests = new Requests(connection.ids);
    }

    /** Calls now, if there is another turn. */
    void next() {
      int turn = run.last == Integer.MAX_VALUE ? 0 : run.turn.getAndIncrement();
      if (turn >= run.last) {
        run.underWay.decrementAndGet();
      } else {
        sent = System.nanoTime();
        call(turn, sent);
      }
    }

    void at(long due) {
      sent = System.nanoTime();
      call(0, due);
    }

    private void call(int turn, long due) {
      this.due = due;
      connection.underWay.incrementAndGet();
      requests.next(run.workload, turn, ThreadLocalRandom.current());
      ClientCall<byte[], byte[]> call =
          connection.channel.newCall(requests.method, CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.request(2);
      call.sendMessage(requests.message);
      call.halfClose();
    }

    @Override
    public void onMessage(byte[] message) {
      reply = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      long now = System.nanoTime();
      connection.underWay.decrementAndGet();
      boolean counts = run.times.has(again ? now : due);
      boolean ok = status.isOk();
      long since = ok ? due : sent;
      tally.record(status, requests.isWrite(), now - since, counts, run.times.has(now));
      if (ok && requests.isWrite() && (now & SAMPLED) == 0) {
        acknowledged.keep(requests, reply);
      }
      boolean refused = status.getCode() == Status.Code.RESOURCE_EXHAUSTED;
      boolean more = run.last < Integer.MAX_VALUE || now - run.times.until < 0;
      if (again && more && (ok || refused)) {
        next();
      } else {
        run.underWay.decrementAndGet();
      }
    }
  }
}
