package dev.mbank.benchmarks;

/** Something to compare with cannot be had here; the others can. */
final class NotAvailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  NotAvailableException(String reason) {
    super(reason);
  }
}
