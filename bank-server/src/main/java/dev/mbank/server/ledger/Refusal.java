package dev.mbank.server.ledger;

/**
 * Why the ledger says no, in the order in which it checks: of several reasons the first is given.
 * The names are the contract's reasons and are stored in the journal: never change one.
 */
public enum Refusal {
  /** The key was used for a command of other content. Details: request_id, field. */
  REQUEST_ID_REUSED,
  /** An account of that id is there already. Details: account_id. */
  ACCOUNT_ALREADY_EXISTS,
  /** There is no such account; the source is looked up first. Details: account_id. */
  ACCOUNT_NOT_FOUND,
  /** Details: account_id, account_currency, amount_currency. */
  CURRENCY_MISMATCH,
  /** Details: account_id, currency_code, available, requested. */
  INSUFFICIENT_FUNDS,
  /** A balance would not fit a long. Details: account_id. */
  BALANCE_OUT_OF_RANGE
}
