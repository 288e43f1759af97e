package dev.mbank.server.grpc;

/** There is no transaction of that id. */
final class TransactionNotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String transactionId;

  TransactionNotFoundException(String transactionId) {
    super("transaction_id: " + transactionId + " (expected: one that was committed)");
    this.transactionId = transactionId;
  }

  String transactionId() {
    return transactionId;
  }
}
