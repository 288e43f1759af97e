package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.ledger.Identity;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessPolicyTest {
  private static final Identity WHO = new Identity("spiffe://mbank.test/who");
  private static final AccessPolicy POLICY =
      PolicyText.parse(
          "policy",
          """
          spiffe://mbank.test/who          teller
          spiffe://mbank.test/branch       auditor
          spiffe://mbank.test/branch/*     customer
          spiffe://mbank.test/branch/7/*   teller
          spiffe://mbank.test/branch/7/lab auditor
          spiffe://other.test/*            auditor
          dns:reports.mbank.test           auditor
          https://mbank.test/someone       teller
          """);

  @ParameterizedTest
  @CsvSource({
    // roles, OPEN_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, READ
    "teller, ANY, ANY, ANY, ANY, ANY",
    "customer, ANY, NONE, OWN, OWN, OWN",
    "auditor, NONE, NONE, NONE, NONE, ANY",
    "operator, NONE, NONE, NONE, NONE, NONE",
    // Of several roles the widest counts, action by action.
    "customer+operator, ANY, NONE, OWN, OWN, OWN",
    "auditor+operator, NONE, NONE, NONE, NONE, ANY",
    "teller+customer, ANY, ANY, ANY, ANY, ANY"
  })
  void scope_roles_isTheTable(
      String roles, Scope open, Scope deposit, Scope withdraw, Scope transfer, Scope read) {
    AccessPolicy policy = PolicyText.parse("policy", WHO + " " + roles.replace('+', ','));

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

  @ParameterizedTest
  @CsvSource({
    "spiffe://mbank.test/who, spiffe://mbank.test/who",
    "spiffe://mbank.test/branch, spiffe://mbank.test/branch",
    "spiffe://mbank.test/branch/1, spiffe://mbank.test/branch/*",
    "spiffe://mbank.test/branch/1/desk/2, spiffe://mbank.test/branch/*",
    "spiffe://mbank.test/branch/7, spiffe://mbank.test/branch/*",
    "spiffe://mbank.test/branch/77, spiffe://mbank.test/branch/*",
    "spiffe://mbank.test/branch/7/desk, spiffe://mbank.test/branch/7/*",
    "spiffe://mbank.test/branch/7/lab, spiffe://mbank.test/branch/7/lab",
    "spiffe://mbank.test/branch/7/lab/1, spiffe://mbank.test/branch/7/*",
    "spiffe://other.test/anyone, spiffe://other.test/*",
    "dns:reports.mbank.test, dns:reports.mbank.test",
    "https://mbank.test/someone, https://mbank.test/someone"
  })
  void grantOf_identity_isTheOneThatFitsBest(String identity, String grant) {
    assertThat(POLICY.grantOf(new Identity(identity))).isEqualTo(grant);
    assertThat(POLICY.scope(new Identity(identity), Action.READ)).isNotEqualTo(Scope.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://mbank.test/who/",
        "spiffe://mbank.test/who/else",
        "SPIFFE://mbank.test/who",
        "spiffe://mbank.test/branches/1",
        "spiffe://mbank.test/branch/",
        "spiffe://mbank.test/branch//1",
        "spiffe://mbank.test/branch/../who",
        "spiffe://mbank.test/branch/./1",
        "spiffe://mbank.test/branch/..",
        "spiffe://mbank.test/branch/%2e%2e/who",
        "spiffe://mbank.test/branch/1?x",
        "spiffe://mbank.test/branch/1#x",
        "spiffe://mbank.test/branch/*",
        "spiffe://mbank.test/other",
        "spiffe://other.test",
        "spiffe://other.test.evil.test/x",
        "https://mbank.test/branch/1",
        "dns:reports.mbank.test.evil.test",
        "dns:mbank.test",
        "reports.mbank.test",
        "anonymous",
        "mbank"
      })
  void scope_identityWithoutGrant_isUnknown(String identity) {
    Identity unknown = new Identity(identity);

    assertThat(POLICY.grantOf(unknown)).isNull();
    assertThatThrownBy(() -> POLICY.scope(unknown, Action.READ))
        .isInstanceOf(UnknownIdentityException.class)
        .hasMessageContaining(identity);
  }

  @Test
  void grantOf_longestIdentities_neitherOverflowsNorMatchesBeyondTheLimit() {
    String longest = "spiffe://other.test/" + "a/".repeat(1013) + "ab";

    assertThat(POLICY.grantOf(new Identity(longest))).isEqualTo("spiffe://other.test/*");
    assertThat(POLICY.grantOf(new Identity(longest + "c"))).isNull();
  }
}
