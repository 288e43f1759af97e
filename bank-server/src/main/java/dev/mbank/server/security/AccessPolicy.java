package dev.mbank.server.security;

import dev.mbank.server.ledger.Identity;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/** Who may do what: deny by default. */
public final class AccessPolicy {
  private final Map<Identity, Set<Role>> grants;

  /**
   * @param grants the roles of each identity that has any
   */
  public AccessPolicy(Map<Identity, Set<Role>> grants) {
    this.grants = Map.copyOf(grants);
  }

  /**
   * On which accounts an identity may do something.
   *
   * @throws UnknownIdentityException if it has no role at all
   */
  public Scope scope(Identity identity, Action action) {
    Set<Role> roles = grants.get(identity);
    if (roles == null || roles.isEmpty()) {
      throw new UnknownIdentityException(identity + ", which has no role here");
    }
    return Collections.max(roles.stream().map(role -> role.scope(action)).toList());
  }
}
