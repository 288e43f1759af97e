package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.ledger.Identity;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessPolicyTest {
  private static final Identity WHO = new Identity("spiffe://mbank.test/who");

  @ParameterizedTest
  @CsvSource({
    // role, OPEN_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, READ
    "TELLER, ANY, ANY, ANY, ANY, ANY",
    "CUSTOMER, ANY, NONE, OWN, OWN, OWN",
    "AUDITOR, NONE, NONE, NONE, NONE, ANY",
    // Of several roles the widest counts, action by action.
    "CUSTOMER+AUDITOR, ANY, NONE, OWN, OWN, ANY",
    "TELLER+AUDITOR, ANY, ANY, ANY, ANY, ANY",
    "TELLER+CUSTOMER+AUDITOR, ANY, ANY, ANY, ANY, ANY"
  })
  void scope_roles_isTheTable(
      String roles, Scope open, Scope deposit, Scope withdraw, Scope transfer, Scope read) {
    Set<Role> granted = EnumSet.noneOf(Role.class);
    for (String role : roles.split("\\+", -1)) {
      granted.add(Role.valueOf(role));
    }
    AccessPolicy policy = new AccessPolicy(Map.of(WHO, granted));

    Map<Action, Scope> scopes = new EnumMap<>(Action.class);
    for (Action action : Action.values()) {
      scopes.put(action, policy.scope(WHO, action));
    }

    assertThat(scopes)
        .isEqualTo(
            Map.of(
                Action.OPEN_ACCOUNT, open,
                Action.DEPOSIT, deposit,
                Action.WITHDRAW, withdraw,
                Action.TRANSFER, transfer,
                Action.READ, read));
  }

  @Test
  void scope_identityWithoutRole_isUnknown() {
    Identity bare = new Identity("spiffe://mbank.test/bare");
    AccessPolicy policy = new AccessPolicy(Map.of(WHO, Set.of(Role.TELLER), bare, Set.of()));

    for (Identity unknown :
        new Identity[] {
          bare,
          new Identity(WHO.name() + "/"),
          new Identity("SPIFFE://mbank.test/who"),
          Identity.BANK,
          Peer.ANONYMOUS
        }) {
      assertThatThrownBy(() -> policy.scope(unknown, Action.READ))
          .isInstanceOf(UnknownIdentityException.class)
          .hasMessageContaining(unknown.name());
    }
  }

  @Test
  void accessPolicy_grantsChangedLater_staysAsItWas() {
    Map<Identity, Set<Role>> grants = new HashMap<>(Map.of(WHO, Set.of(Role.AUDITOR)));
    AccessPolicy policy = new AccessPolicy(grants);

    grants.put(WHO, Set.of(Role.TELLER));

    assertThat(policy.scope(WHO, Action.DEPOSIT)).isEqualTo(Scope.NONE);
  }
}
