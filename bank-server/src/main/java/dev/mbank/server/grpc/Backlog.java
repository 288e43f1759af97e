package dev.mbank.server.grpc;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the server keeps because a peer is slow: bytes of answers that it has not read, and calls in
 * which it is the peer's turn, to send the rest of a request or to read an answer.
 *
 * <p>No call has a timer. Those that wait are counted in one of two generations, which change their
 * places at each round; whoever is still in the old one then has waited for a whole round. Requests
 * and answers are counted apart: many answers may take long on a slow line, to a peer that reads.
 */
final class Backlog {
  private final AtomicLong ofServer;
  private final AtomicLong unread = new AtomicLong();
  private final AtomicIntegerArray waiting = new AtomicIntegerArray(4);
  private volatile int generation;
  private long roundStart;
  private long sentBefore;

  /** What the peer is waited for. */
  enum Turn {
    REQUEST(0),
    ANSWER(2);

    /** Where its two generations are counted. */
    private final int first;

    Turn(int first) {
      this.first = first;
    }
  }

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
  int enter(Turn turn) {
    int entered = turn.first + generation;
    waiting.incrementAndGet(entered);
    return entered;
  }

  void leave(int entered) {
    waiting.decrementAndGet(entered);
  }

  /**
   * Begins a new round: whether a call waited for all of the last one.
   *
   * @param now in nanoseconds
   * @param sent bytes that the peer was sent so far
   */
  boolean nextRound(long now, long sent, Round round) {
    int old = generation ^ 1;
    // Before calls enter it anew, for they have waited for nothing.
    boolean lateRequest = waiting.get(Turn.REQUEST.first + old) > 0;
    boolean lateAnswer = waiting.get(Turn.ANSWER.first + old) > 0;
    generation = old;
    boolean stoodStill = now - roundStart > round.nanos() * 5 / 4;
    boolean reads = sent - sentBefore >= round.enough();
    roundStart = now;
    sentBefore = sent;
    return !stoodStill && (lateRequest || (lateAnswer && !reads));
  }

  /**
   * A round.
   *
   * @param nanos how long it takes; when it took much longer, this server stood still
   * @param enough bytes of answers: whoever reads so many in it is not slow
   */
  record Round(long nanos, long enough) {}
}
