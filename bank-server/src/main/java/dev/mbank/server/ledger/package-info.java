/**
 * The ledger itself, as pure functions over immutable values: no clock, no randomness, no I/O. Time
 * and ids are arguments, so a replay of the journal decides everything again, exactly.
 */
@NullMarked
package dev.mbank.server.ledger;

import org.jspecify.annotations.NullMarked;
