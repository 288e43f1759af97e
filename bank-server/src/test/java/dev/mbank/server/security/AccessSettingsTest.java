package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.ledger.Identity;
import dev.mbank.server.security.AccessSettings.Grant;
import dev.mbank.server.settings.SettingException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class AccessSettingsTest {
  private static final String WHO = "spiffe://mbank.test/who";
  private static final String OTHER = "spiffe://mbank.test/other";

  @Test
  void bind_grants_areTheRolesOfEachIdentity() {
    AccessSettings settings =
        bind(
            Map.of(
                "mbank.access.grants[0].identity",
                WHO,
                "mbank.access.grants[0].roles",
                "teller, AUDITOR",
                "mbank.access.grants[1].identity",
                OTHER,
                "mbank.access.grants[1].roles",
                "customer"));

    assertThat(settings.toMap())
        .isEqualTo(
            Map.of(
                new Identity(WHO), Set.of(Role.TELLER, Role.AUDITOR),
                new Identity(OTHER), Set.of(Role.CUSTOMER)));
  }

  @Test
  void bind_nothing_refused() {
    assertThatThrownBy(() -> bind(Map.of()))
        .rootCause()
        .isInstanceOf(SettingException.class)
        .hasMessage("mbank.access.grants: empty (expected: at least one identity with its roles)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "anonymous", "mbank", "client", " ", "CN=client"})
  void new_identityThatIsNoUri_refused(String identity) {
    assertThatThrownBy(() -> settings(new Grant(identity, Set.of(Role.TELLER))))
        .isInstanceOf(SettingException.class)
        .hasMessage(
            "mbank.access.grants[0].identity: "
                + (identity.isBlank() ? "empty" : identity)
                + " (expected: a URI such as spiffe://mbank.local/client)");
  }

  @Test
  void bind_blankRoles_refused() {
    for (Map<String, String> grant :
        List.of(
            Map.of("mbank.access.grants[0].identity", WHO),
            Map.of("mbank.access.grants[0].identity", WHO, "mbank.access.grants[0].roles", ""))) {
      assertThatThrownBy(() -> bind(grant))
          .rootCause()
          .isInstanceOf(SettingException.class)
          .hasMessage(
              "mbank.access.grants[0].roles: empty"
                  + " (expected: roles of [TELLER, CUSTOMER, AUDITOR])");
    }
  }

  @Test
  void new_identityTwice_refusedAtTheSecond() {
    Grant teller = new Grant(WHO, Set.of(Role.TELLER));
    Grant auditor = new Grant(WHO, Set.of(Role.AUDITOR));

    assertThatThrownBy(() -> settings(teller, new Grant(OTHER, Set.of(Role.TELLER)), auditor))
        .isInstanceOf(SettingException.class)
        .hasMessage(
            "mbank.access.grants[2].identity: "
                + WHO
                + " (expected: one that is not granted to above)");
  }

  private static AccessSettings settings(Grant... grants) {
    return new AccessSettings(List.of(grants));
  }

  private static AccessSettings bind(Map<String, String> properties) {
    return new Binder(new MapConfigurationPropertySource(properties))
        .bindOrCreate("mbank.access", AccessSettings.class);
  }
}
