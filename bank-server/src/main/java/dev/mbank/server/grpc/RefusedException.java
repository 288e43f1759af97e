package dev.mbank.server.grpc;

import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Refusal;
import java.util.Map;

/**
 * Carries a refusal to where errors are answered. An answer, not a fault: it has no stack trace.
 */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Refused refused;

  RefusedException(Refused refused) {
    super(refused.refusal().name(), null, false, false);
    this.refused = refused;
  }

  static RefusedException accountNotFound(AccountId id) {
    return new RefusedException(
        new Refused(Refusal.ACCOUNT_NOT_FOUND, Map.of("account_id", id.value())));
  }

  Refused refused() {
    return refused;
  }
}
