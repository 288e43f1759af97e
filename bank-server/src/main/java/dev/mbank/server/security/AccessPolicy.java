package dev.mbank.server.security;

import dev.mbank.server.ledger.Identity;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what: deny by default. An identity has the roles of the one grant that fits it best:
 * the one that names it, else the one for the longest path that it lies below.
 */
public final class AccessPolicy {
  private final Map<String, Grant> exact = new HashMap<>();

  /** By what an identity must begin with, the slash included: so whole segments only. */
  private final Map<String, Grant> prefixes = new HashMap<>();

  private final int longestPrefix;

  AccessPolicy(Collection<Grant> grants) {
    int longest = 0;
    for (Grant grant : grants) {
      if (grant.isPrefix()) {
        String prefix = grant.identity().substring(0, grant.identity().length() - 1);
        prefixes.put(prefix, grant);
        longest = Math.max(longest, prefix.length());
      } else {
        exact.put(grant.identity(), grant);
      }
    }
    longestPrefix = longest;
  }

  /**
   * On which accounts an identity may do something.
   *
   * @throws UnknownIdentityException if nothing was granted to it
   */
  public Scope scope(Identity identity, Action action) {
    Grant grant = grant(identity.name());
    if (grant == null) {
      throw new UnknownIdentityException(identity + ", which has no role here");
    }
    return grant.scope(action);
  }

  /** How many grants it has. */
  int size() {
    return exact.size() + prefixes.size();
  }

  /**
   * Which grant an identity has its roles from: one of as many as the policy has.
   *
   * @return its identity as the policy writes it; null if nothing was granted
   */
  public @Nullable String grantOf(Identity identity) {
    Grant grant = grant(identity.name());
    return grant == null ? null : grant.identity();
  }

  private @Nullable Grant grant(String name) {
    Grant named = exact.get(name);
    return named == null ? longestPrefix(name) : named;
  }

  /** A name that is no SPIFFE id, such as one with dots for segments, lies below nothing. */
  private @Nullable Grant longestPrefix(String name) {
    for (int slash = name.lastIndexOf('/', longestPrefix - 1);
        slash >= 0;
        slash = name.lastIndexOf('/', slash - 1)) {
      Grant grant = prefixes.get(name.substring(0, slash + 1));
      if (grant != null) {
        return IdentityForm.isSpiffeId(name) ? grant : null;
      }
    }
    return null;
  }
}
