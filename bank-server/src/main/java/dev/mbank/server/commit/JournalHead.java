package dev.mbank.server.commit;

import java.time.Instant;

/**
 * Where the journal ends.
 *
 * @param sequence of the last transaction; 0 if there is none
 * @param commitTime of the last transaction; {@link Instant#EPOCH} if there is none
 */
public record JournalHead(long sequence, Instant commitTime) {}
