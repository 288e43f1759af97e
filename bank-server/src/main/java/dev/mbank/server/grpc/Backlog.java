package dev.mbank.server.grpc;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the server keeps because a peer is slow: bytes of answers that it has not read, and calls in
 * which it is the peer's turn, to send the rest of a request or to read an answer.
 *
 * <p>No call has a timer. Those that wait are counted in one of two generations, which change their
 * places at each round; whoever is still in the old one then has waited for a whole round.
 */
final class Backlog {
  private final AtomicLong ofServer;
  private final AtomicLong unread = new AtomicLong();
  private final AtomicIntegerArray waiting = new AtomicIntegerArray(2);
  private volatile int generation;

  /**
   * @param ofServer the unread bytes of all connections together
   */
  Backlog(AtomicLong ofServer) {
    this.ofServer = ofServer;
  }

  /** Bytes of answers that this connection has not read. */
  long unread() {
    return unread.get();
  }

  /** The same of all connections. */
  long unreadOfServer() {
    return ofServer.get();
  }

  void answered(long bytes) {
    unread.addAndGet(bytes);
    ofServer.addAndGet(bytes);
  }

  /** It is the peer's turn in one call: returns what {@link #leave} wants. */
  int enter() {
    int entered = generation;
    waiting.incrementAndGet(entered);
    return entered;
  }

  void leave(int entered) {
    waiting.decrementAndGet(entered);
  }

  /** Begins a new round: whether a call waited for all of the last one. */
  boolean nextRound() {
    int old = generation ^ 1;
    // Before calls enter it anew, for they have waited for nothing.
    boolean late = waiting.get(old) > 0;
    generation = old;
    return late;
  }
}
