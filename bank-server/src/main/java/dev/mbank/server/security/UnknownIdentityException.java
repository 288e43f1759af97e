package dev.mbank.server.security;

/** The caller proves no identity, or one that nothing was granted to. */
public final class UnknownIdentityException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param shown what the caller showed instead
   */
  public UnknownIdentityException(String shown) {
    super("identity: " + shown + " (expected: one that the bank grants a role)");
  }
}
