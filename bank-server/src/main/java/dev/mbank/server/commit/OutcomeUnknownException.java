package dev.mbank.server.commit;

/**
 * The store failed during the commit. Whether it was done shows when the same request comes again.
 */
public final class OutcomeUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OutcomeUnknownException(String message, Throwable cause) {
    super(message, cause);
  }
}
