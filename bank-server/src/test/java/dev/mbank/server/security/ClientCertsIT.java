package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** More clients than one, by {@code generate-certs.sh client}, and new pairs for all, by renew. */
class ClientCertsIT extends CertsFolder {

  private static final String URI = "spiffe://mbank.local/billing";

  /** Not where a run is refused before it looks at the folder: there it would only cost time. */
  @BeforeEach
  void makeSet(TestInfo test) throws Exception {
    if (!test.getTags().contains("refusedAtOnce")) {
      runOk();
    }
  }

  @Test
  void client_newName_makesCertificateOfThatIdentityOnly() throws Exception {
    var before = contents();
    runOk("client", "billing", "--uri", URI);

    assertThat(changedSince(before)).containsExactly("billing.crt", "billing.key");
    var cert = cert("billing");
    assertEquals(URI, Peer.of(cert).identity().name());
    assertThat(cert.getSubjectAlternativeNames()).hasSize(1);
    assertThat(cert.getExtendedKeyUsage()).as("clientAuth").containsExactly("1.3.6.1.5.5.7.3.2");
    assertEquals(-1, cert.getBasicConstraints(), "not a CA");
    assertEquals(365, days("billing"));
    cert.verify(cert("ca").getPublicKey());
    assertThat(openssl("verify", "-purpose", "sslclient", "-CAfile", "ca.crt", "billing.crt"))
        .isEqualTo("billing.crt: OK\n");
    assertEquals(
        openssl("x509", "-in", "billing.crt", "-noout", "-pubkey"),
        openssl("pkey", "-in", "billing.key", "-pubout"));
    assertEquals("rw-------", permissions("billing.key"));
  }

  @Test
  void client_goodOneOfSameUri_isKept() throws Exception {
    runOk("client", "billing", "--uri", URI);
    var before = contents();

    assertThat(runOk("client", "billing", "--uri", URI)).contains("kept").doesNotContain("new");
    assertEquals(before, contents());
  }

  @Test
  void client_goodOneOfAnotherUri_isReplacedOnlyByForce() throws Exception {
    runOk("client", "billing", "--uri", URI);
    var before = contents();

    var refused = run("client", "billing", "--uri", URI + "/2");
    assertEquals(1, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("billing.crt: is of " + URI, "--force");
    assertEquals(before, contents());

    runOk("client", "billing", "--uri", URI + "/2", "--force");
    assertEquals(URI + "/2", Peer.of(cert("billing")).identity().name());
    assertThat(changedSince(before)).containsExactly("billing.crt", "billing.key");
  }

  @Test
  void client_identityOfAnotherCertificate_isMadeAndSaysSo() throws Exception {
    assertThat(runOk("client", "billing", "--uri", URI)).contains(URI).doesNotContain("Note: ");

    assertThat(runOk("client", "b2", "--uri", URI)).contains("Note: ", "billing.crt");
    runOk("revoke", "billing");
    assertThat(runOk("client", "b2", "--uri", URI)).doesNotContain("Note: ");
  }

  @Test
  void client_dnsIdentity_isRefusedAndToldWhereItComesFrom() throws Exception {
    var refused = run("client", "reports", "--uri", "dns:reports.mbank.local");
    assertEquals(2, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("certificates of another maker");
  }

  @Test
  void client_keyThatThisScriptDidNotMake_isNotOverwritten() throws Exception {
    Files.writeString(dir.resolve("billing.key"), "somebody's");
    var before = contents();

    var refused = run("client", "billing", "--uri", URI);
    assertEquals(1, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("billing.crt: not made by this script");
    assertEquals(before, contents());
  }

  @Tag("refusedAtOnce")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mbank.local",
        "/billing",
        "spiffe://mbank.local",
        "spiffe://mbank.local/",
        "spiffe:mbank.local/billing",
        "spiffe://mbank.local/a/../b",
        "spiffe://mbank.local/a,DNS:localhost",
        "spiffe://mbank.local/a b",
        "spiffe://mbank.local/$ENV::HOME",
        "https://mbank.local/%zz",
        "https://mbank.local/a\nb",
        ""
      })
  void client_uriThatIsNone_isRefused(String uri) throws Exception {
    var refused = run("client", "billing", "--uri", uri);
    assertEquals(2, refused.exit());
    assertThat(refused.output()).contains("--uri: '" + uri + "' (expected: spiffe://");
    assertThat(contents()).isEmpty();
  }

  @Tag("refusedAtOnce")
  @ParameterizedTest
  @CsvSource({"client, ca", "client, server", "client, ../x", "client, Big", "client, ''"})
  void client_nameThatIsNone_isRefused(String command, String name) throws Exception {
    var refused = run(command, name, "--uri", URI);
    assertEquals(2, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("client: '" + name + "' (expected: ");
    assertThat(contents()).isEmpty();
  }

  @Test
  void run_clientNearItsEnd_isRenewedWithItsIdentity() throws Exception {
    runOk("client", "billing", "--uri", URI, "--days", "10");

    assertThat(runOk()).contains("renewed");
    assertEquals(365, days("billing"));
    assertEquals(URI, Peer.of(cert("billing")).identity().name());
  }

  @Test
  void renew_withoutNames_replacesEveryPairAndKeepsItsNames() throws Exception {
    runOk("client", "billing", "--uri", URI);
    var before = contents();
    var old = List.of(cert("server"), cert("client"), cert("billing"));

    runOk("renew", "--days", "90");
    assertThat(changedSince(before))
        .containsExactlyInAnyOrder(
            "billing.crt", "billing.key", "client.crt", "client.key", "server.crt", "server.key");
    for (var was : old) {
      String name = was.getSubjectX500Principal().getName().replaceAll("CN=mbank (\\w+),.*", "$1");
      var is = cert(name);
      assertNotEquals(was.getPublicKey(), is.getPublicKey(), name);
      assertThat(is.getSubjectAlternativeNames())
          .containsExactlyElementsOf(was.getSubjectAlternativeNames());
      assertEquals(was.getExtendedKeyUsage(), is.getExtendedKeyUsage());
      assertEquals(90, days(name));
      assertEquals(
          openssl("x509", "-in", name + ".crt", "-noout", "-pubkey"),
          openssl("pkey", "-in", name + ".key", "-pubout"));
    }
  }

  @Test
  void renew_named_replacesThatPairOnly() throws Exception {
    var before = contents();

    runOk("renew", "server", "server");
    assertThat(changedSince(before)).containsExactly("server.crt", "server.key");
  }

  @Test
  void renew_nameThatIsAbsent_changesNothing() throws Exception {
    var before = contents();

    var refused = run("renew", "server", "nobody");
    assertEquals(1, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("nobody.crt is missing");
    assertEquals(before, contents());
  }

  @Test
  void force_newCa_signsEveryClientAnew() throws Exception {
    runOk("client", "billing", "--uri", URI);

    runOk("--force");
    cert("billing").verify(cert("ca").getPublicKey());
    assertEquals(URI, Peer.of(cert("billing")).identity().name());
  }

  @Tag("refusedAtOnce")
  @ParameterizedTest
  @ValueSource(strings = {"client", "renew", "revoke", "crl"})
  void command_folderWithoutCa_makesNone(String command) throws Exception {
    var args =
        switch (command) {
          case "client" -> new String[] {command, "billing", "--uri", URI};
          case "revoke" -> new String[] {command, "billing"};
          default -> new String[] {command};
        };

    var refused = run(args);
    assertEquals(1, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("ca.crt is missing (expected: the CA");
    assertThat(contents()).isEmpty();
  }
}
