package dev.mbank.server.store;

import java.time.Instant;

/**
 * What the database says of itself at one moment.
 *
 * @param end of the journal
 * @param commitTime of the last transaction
 * @param indexed how far the indexes have followed the journal
 */
record Head(Position end, Instant commitTime, Position indexed) {}
