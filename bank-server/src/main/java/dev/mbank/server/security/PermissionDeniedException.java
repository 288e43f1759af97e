package dev.mbank.server.security;

import dev.mbank.server.ledger.Identity;

/** The caller is known and may not do this, or not on this account, whether or not there is one. */
public final class PermissionDeniedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Identity identity;

  public PermissionDeniedException(Identity identity, Action action) {
    super("identity: " + identity + " (expected: one that may " + action + " here)");
    this.identity = identity;
  }

  public Identity identity() {
    return identity;
  }
}
