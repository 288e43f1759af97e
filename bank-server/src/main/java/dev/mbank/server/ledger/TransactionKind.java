package dev.mbank.server.ledger;

/** What a transaction is. The names are stored in the journal: never change one. */
public enum TransactionKind {
  ACCOUNT_OPENING,
  DEPOSIT,
  WITHDRAWAL,
  TRANSFER
}
