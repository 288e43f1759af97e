package dev.mbank.server.ledger;

/**
 * One account's part in a transaction.
 *
 * @param account the account
 * @param amount what was added, in minor units; negative if money left the account
 * @param balance the account's balance right after the transaction, in minor units
 */
public record Entry(AccountId account, long amount, long balance) {}
