package dev.mbank.server.security;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * Some roles, for one identity or for all below a path.
 *
 * @param identity as the policy writes it; all below {@code x} if it is {@code x/*}
 */
record Grant(String identity, Map<Action, Scope> scopes) {
  /** Of several roles the widest counts, action by action. */
  static Grant of(String identity, Set<Role> roles) {
    Map<Action, Scope> scopes = new EnumMap<>(Action.class);
    for (Action action : Action.values()) {
      scopes.put(action, Scope.NONE);
      roles.forEach(role -> scopes.merge(action, role.scope(action), Grant::wider));
    }
    return new Grant(identity, scopes);
  }

  private static Scope wider(Scope one, Scope other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  Scope scope(Action action) {
    return scopes.getOrDefault(action, Scope.NONE);
  }

  boolean isPrefix() {
    return identity.endsWith("/*");
  }
}
