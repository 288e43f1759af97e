package dev.mbank.server.security;

/** What an identity may do. */
public enum Role {
  /** Banks on every account. */
  TELLER,
  /** Opens accounts, reads those it owns, and moves money out of them, into any. */
  CUSTOMER,
  /** Reads everything and writes nothing. */
  AUDITOR,
  /** Administers the bank, which there is no call for yet. */
  OPERATOR;

  Scope scope(Action action) {
    return switch (this) {
      case TELLER -> Scope.ANY;
      case CUSTOMER ->
          switch (action) {
            case OPEN_ACCOUNT -> Scope.ANY;
            case READ, WITHDRAW, TRANSFER -> Scope.OWN;
            case DEPOSIT -> Scope.NONE;
          };
      case AUDITOR -> action == Action.READ ? Scope.ANY : Scope.NONE;
      case OPERATOR -> Scope.NONE;
    };
  }
}
