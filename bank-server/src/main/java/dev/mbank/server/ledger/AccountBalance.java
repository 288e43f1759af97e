package dev.mbank.server.ledger;

/**
 * An account and what is on it at some point of the journal.
 *
 * @param account the account
 * @param balance in minor units of the account's currency; below zero only on settlement accounts
 */
public record AccountBalance(Account account, long balance) {}
