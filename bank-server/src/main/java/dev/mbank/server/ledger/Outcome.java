package dev.mbank.server.ledger;

/**
 * A command and what became of it: what the journal keeps.
 *
 * @param command what was asked
 * @param decision what was decided
 */
public record Outcome(Command command, Decision decision) {}
