package dev.mbank.server.security;

import dev.mbank.server.ledger.Identity;
import dev.mbank.server.settings.SettingException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What is granted to whom.
 *
 * @param grants at least one, each identity once: "any certificate of this CA" is never meant
 */
@ConfigurationProperties("mbank.access")
record AccessSettings(@DefaultValue List<Grant> grants) {

  /**
   * The roles of one identity.
   *
   * @param identity a URI, as certificates carry it
   */
  record Grant(@DefaultValue("") String identity, @DefaultValue Set<Role> roles) {}

  AccessSettings {
    if (grants.isEmpty()) {
      throw new SettingException(
          "mbank.access.grants", "empty", "at least one identity with its roles");
    }
    for (int i = 0; i < grants.size(); i++) {
      String name = "mbank.access.grants[" + i + "]";
      Grant grant = grants.get(i);
      if (!grant.identity().contains("://")) {
        throw new SettingException(
            name + ".identity", grant.identity(), "a URI such as spiffe://mbank.local/client");
      }
      if (grant.roles().isEmpty()) {
        throw new SettingException(
            name + ".roles", "empty", "roles of " + EnumSet.allOf(Role.class));
      }
      for (Grant earlier : grants.subList(0, i)) {
        if (earlier.identity().equals(grant.identity())) {
          throw new SettingException(
              name + ".identity", grant.identity(), "one that is not granted to above");
        }
      }
    }
  }

  Map<Identity, Set<Role>> toMap() {
    Map<Identity, Set<Role>> map = new LinkedHashMap<>();
    grants.forEach(grant -> map.put(new Identity(grant.identity()), grant.roles()));
    return map;
  }
}
