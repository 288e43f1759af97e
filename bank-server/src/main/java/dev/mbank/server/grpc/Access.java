package dev.mbank.server.grpc;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.security.AccessPolicy;
import dev.mbank.server.security.Action;
import dev.mbank.server.security.PermissionDeniedException;
import dev.mbank.server.security.Scope;
import org.jspecify.annotations.Nullable;

/**
 * What one caller may do in one call. An account that does not exist is treated as one that the
 * caller does not own, so that a refusal does not tell which it is.
 */
final class Access {
  private final Identity identity;
  private final Action action;
  private final Scope scope;
  private final LedgerQueries queries;

  private Access(Identity identity, Action action, Scope scope, LedgerQueries queries) {
    this.identity = identity;
    this.action = action;
    this.scope = scope;
    this.queries = queries;
  }

  /**
   * Asks the policy.
   *
   * @throws PermissionDeniedException if the caller may do this on no account
   */
  static Access of(AccessPolicy policy, Identity identity, Action action, LedgerQueries queries) {
    Scope scope = policy.scope(identity, action);
    if (scope == Scope.NONE) {
      throw new PermissionDeniedException(identity, action);
    }
    return new Access(identity, action, scope, queries);
  }

  /** Whether every account is permitted, so that none needs to be looked up. */
  boolean toEverything() {
    return scope == Scope.ANY;
  }

  /** Whose accounts are permitted: null for everybody's. */
  @Nullable Identity owner() {
    return toEverything() ? null : identity;
  }

  /** Whether an account is permitted. May read from the store. */
  boolean to(AccountId id) {
    if (toEverything()) {
      return true;
    }
    Account account = queries.account(id);
    return account != null && account.owner().equals(identity);
  }

  /**
   * Refuses unless an account is permitted. May read from the store.
   *
   * @throws PermissionDeniedException if it is not
   */
  void require(AccountId id) {
    if (!to(id)) {
      throw new PermissionDeniedException(identity, action);
    }
  }

  /** The refusal of something that is on no permitted account. */
  PermissionDeniedException denied() {
    return new PermissionDeniedException(identity, action);
  }
}
