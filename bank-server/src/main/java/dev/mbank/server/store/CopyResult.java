package dev.mbank.server.store;

import java.time.Instant;

/**
 * What came of a copy: both journals, as they were read when it was done.
 *
 * @param copied rows that were added; the others were there
 * @param sourceEnd the last sequence that the source had at last: behind what was copied if a
 *     server is at work on it
 */
public record CopyResult(Summary from, Summary to, long copied, long sourceEnd) {

  /**
   * A journal.
   *
   * @param sequence of the last transaction
   * @param commitTime of the last transaction
   * @param sha256 over all of it, in an encoding that depends on no database
   */
  public record Summary(
      long transactions, long refusals, long sequence, Instant commitTime, String sha256) {}

  /** Whether nothing differs. */
  public boolean isSame() {
    return from.equals(to);
  }
}
