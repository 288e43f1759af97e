package dev.mbank.server.store;

import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Outcome;

/**
 * A place in the journal: everything up to it, nothing behind it.
 *
 * @param sequence of the last transaction; 0 if there is none
 * @param refusals the number of the last refusal; 0 if there is none
 */
record Position(long sequence, long refusals) {
  static final Position START = new Position(0, 0);

  /** The place right behind an outcome that follows this one. */
  Position after(Outcome outcome) {
    return outcome.decision() instanceof Posted posted
        ? new Position(posted.transaction().sequence(), refusals)
        : new Position(sequence, refusals + 1);
  }

  /** How many rows of the journal lie before it. */
  long rows() {
    return sequence + refusals;
  }

  /** Whether another is further in some respect. */
  boolean isBehind(Position other) {
    return sequence < other.sequence || refusals < other.refusals;
  }

  /** The later of two in each respect. */
  Position max(Position other) {
    return new Position(Math.max(sequence, other.sequence), Math.max(refusals, other.refusals));
  }
}
