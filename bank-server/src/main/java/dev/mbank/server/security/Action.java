package dev.mbank.server.security;

/** What permission is asked for. */
public enum Action {
  OPEN_ACCOUNT,
  DEPOSIT,
  WITHDRAW,
  TRANSFER,
  READ
}
