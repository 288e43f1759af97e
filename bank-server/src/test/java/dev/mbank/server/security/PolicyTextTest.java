package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.ledger.Identity;
import dev.mbank.server.settings.SettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may stand in a policy, and how each slip is told. */
class PolicyTextTest {
  private static final String ROLES = "teller, customer, auditor, operator";

  @Test
  void parse_commentsBlanksCaseAndLineEnds_areOfNoMatter() {
    AccessPolicy policy =
        PolicyText.parse(
            "policy",
            """
            # identity   roles

              spiffe://mbank.test/a\tteller # for the day
            #spiffe://mbank.test/b teller
            spiffe://mbank.test/c   customer , operator
            """
                .replace("\n", "\r\n"));

    assertThat(policy.scope(new Identity("spiffe://mbank.test/a"), Action.DEPOSIT))
        .isEqualTo(Scope.ANY);
    assertThat(policy.grantOf(new Identity("spiffe://mbank.test/b"))).isNull();
    assertThat(policy.scope(new Identity("spiffe://mbank.test/c"), Action.TRANSFER))
        .isEqualTo(Scope.OWN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# nothing\n   # at all"})
  void parse_noGrants_refused(String text) {
    assertThatThrownBy(() -> PolicyText.parse("dir/policy", text))
        .isInstanceOf(SettingException.class)
        .hasMessage(
            "POLICY_FILE: dir/policy: no grants"
                + " (expected: at least one line such as: spiffe://mbank.local/client teller)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "/*",
        "anonymous",
        "mbank",
        "client",
        "CN=client",
        "spiffe:client",
        "spiffe://*",
        "spiffe:///*",
        "spiffe://*/x",
        "spiffe://mbank.local",
        "spiffe://mbank.local/",
        "spiffe://Mbank.local/x",
        "SPIFFE://mbank.local/x",
        "spiffe://mbank.local/x*",
        "spiffe://mbank.local/*/x",
        "spiffe://mbank.local/x/**",
        "spiffe://mbank.local//*",
        "spiffe://mbank.local/../*",
        "spiffe://mbank.local/x/../y",
        "spiffe://mbank.local/x%20y",
        "spiffe://mbank.local/x#y",
        "spiffe://mbank.local:8443/x",
        "https://mbank.local/*",
        "dns:",
        "dns:*",
        "dns:*.mbank.local",
        "dns:Reports.mbank.local",
        "dns:reports..mbank.local",
        "dns:reports.mbank.local.",
        "dns:-reports"
      })
  void parse_malformedIdentity_refused(String identity) {
    assertFault(
        "# one line above\n" + identity + " teller",
        "line 2: "
            + identity
            + " (expected: an identity: spiffe://DOMAIN/PATH, spiffe://DOMAIN/PATH/* for all below"
            + " it, another URI, or dns:NAME in lower case)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"spife", "spiffee", "siffe", "spfife", "speffe", "spifie", "apiffee"})
  void parse_schemeAlmostSpiffe_refused(String scheme) {
    String identity = scheme + "://mbank.local/x";
    assertFault(
        identity + " teller",
        "line 1: " + identity + " (expected: spiffe://, of which this scheme is a slip)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https", "urn", "file"})
  void parse_anotherScheme_isTaken(String scheme) {
    String identity = scheme + "://mbank.local/x";
    AccessPolicy policy = PolicyText.parse("policy", identity + " teller");

    assertThat(policy.grantOf(new Identity(identity))).isEqualTo(identity);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tellr | tellr",
        "Teller | Teller",
        "teller auditor | teller auditor",
        "teller,, customer | teller,, customer",
        "teller, | teller,",
        "teller; operator | teller; operator",
        "* | *"
      })
  void parse_unknownRole_refused(String roles, String value) {
    assertFault(
        "spiffe://mbank.local/x " + roles,
        "line 1: " + value + " (expected: roles of " + ROLES + ", separated by commas)");
  }

  @Test
  void parse_noRole_refused() {
    assertFault(
        "spiffe://mbank.local/x # teller",
        "line 1: spiffe://mbank.local/x without roles (expected: one or more of " + ROLES + ")");
  }

  @Test
  void parse_identityTwice_refusedNamingTheEarlierLine() {
    assertFault(
        "spiffe://mbank.local/x teller\n\nspiffe://mbank.local/*  teller\n"
            + "spiffe://mbank.local/x teller",
        "line 4: spiffe://mbank.local/x (expected: one that is not granted to on line 1)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auditor, teller", "customer,auditor", "teller,customer,auditor"})
  void parse_auditorThatWrites_refused(String roles) {
    assertFault(
        "spiffe://mbank.local/x " + roles,
        "line 1: "
            + roles
            + " (expected: auditor, which writes nothing, or roles that write, not both)");
  }

  private static void assertFault(String text, String fault) {
    assertThatThrownBy(() -> PolicyText.parse("dir/policy", text))
        .isInstanceOf(SettingException.class)
        .hasMessage("POLICY_FILE: dir/policy " + fault);
  }
}
