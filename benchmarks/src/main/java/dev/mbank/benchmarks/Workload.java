package dev.mbank.benchmarks;

import java.util.Locale;

/** What the callers want. */
enum Workload {
  /** Opens the accounts, each once; not measured. */
  OPEN,

  /** Money for each account, once; not measured. */
  FUND,

  /** Deposits into 1000 accounts. */
  DEPOSITS,

  /** Transfers from any of 1000 accounts to any other. */
  TRANSFERS,

  /** Transfers to and from one account, the other being any. */
  HOT,

  /** Balances of 1000 accounts. */
  READS,

  /** Four transfers to one balance. */
  MIX;

  static final int ACCOUNTS = 1000;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
