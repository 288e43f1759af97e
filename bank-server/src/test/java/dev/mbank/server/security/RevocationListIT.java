package dev.mbank.server.security;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.time.temporal.ChronoUnit.DAYS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.nio.file.Files;
import java.security.cert.CRLReason;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code generate-certs.sh revoke} and {@code crl} make, read by openssl and by Java. */
class RevocationListIT extends CertsFolder {

  private static final String URI = "spiffe://mbank.local/billing";

  @BeforeEach
  void makeClient() throws Exception {
    runOk();
    runOk("client", "billing", "--uri", URI);
  }

  @Test
  void crl_nothingRevoked_isAnEmptySignedListForAWeek() throws Exception {
    var before = contents();
    runOk("crl");

    assertThat(changedSince(before)).containsExactly("ca.crl", "revoked.txt");
    X509CRL list = list();
    list.verify(cert("ca").getPublicKey());
    assertEquals(2, list.getVersion());
    assertEquals("SHA256withECDSA", list.getSigAlgName());
    assertThat(list.getRevokedCertificates()).isNull();
    assertThat(list.getNonCriticalExtensionOIDs())
        .as("authority key identifier, number")
        .containsExactlyInAnyOrder("2.5.29.35", "2.5.29.20");
    assertEquals(7, days(list));
    assertEquals("rw-r--r--", permissions("ca.crl"));
    assertThat(check("billing")).contains("billing.crt: OK");
  }

  @Test
  void crl_again_hasAHigherNumberAndTheDaysAskedFor() throws Exception {
    runOk("crl");
    BigInteger first = number();
    runOk("crl", "--days", "30");
    BigInteger second = number();
    runOk("crl", "--days", "1");

    assertThat(second).isGreaterThan(first);
    assertThat(number()).isGreaterThan(second);
    assertEquals(1, days(list()));
  }

  @Test
  void revoke_client_isRefusedByOpensslAndJava() throws Exception {
    String output = runOk("revoke", "billing", "--reason", "keyCompromise");

    assertThat(output).contains("revoked now", "CRL_FILE=" + dir.toRealPath().resolve("ca.crl"));
    assertThat(check("billing")).contains("certificate revoked");
    assertThat(check("client")).contains("client.crt: OK");
    assertThat(list().isRevoked(cert("billing"))).isTrue();
    assertThat(list().isRevoked(cert("client"))).isFalse();
    assertEquals(
        CRLReason.KEY_COMPROMISE,
        list().getRevokedCertificate(cert("billing")).getRevocationReason());
  }

  @Test
  void revoke_again_saysSoAndKeepsOneEntry() throws Exception {
    runOk("revoke", "billing");
    String table = contents().get("revoked.txt");

    assertThat(runOk("revoke", "billing", "--reason", "superseded"))
        .containsPattern("revoked .* already");
    assertEquals(table, contents().get("revoked.txt"));
    assertThat(list().getRevokedCertificates()).hasSize(1);
  }

  @Test
  void revoke_absentOrOfAnotherCa_changesNothing() throws Exception {
    Files.copy(dir.resolve("billing.crt"), dir.resolve("other.crt"));
    runOk("--force");
    var before = contents();

    for (String name : List.of("nobody", "other")) {
      var refused = run("revoke", name);
      assertEquals(1, refused.exit());
      assertThat(refused.output())
          .hasLineCount(1)
          .contains(name + (name.equals("other") ? ".crt: not signed by" : ".crt is missing"));
      assertEquals(before, contents());
    }
  }

  @Test
  void client_afterRevocation_isNewAndGood() throws Exception {
    runOk("revoke", "billing");
    var revoked = cert("billing");

    assertThat(runOk("client", "billing", "--uri", URI)).contains("new, the old was revoked");
    assertThat(list().isRevoked(revoked)).isTrue();
    assertThat(check("billing")).contains("billing.crt: OK");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "renew", "--force"})
  void run_afterRevocation_leavesTheClientRevoked(String args) throws Exception {
    runOk("revoke", "billing");
    var revoked = cert("billing");

    assertThat(args.isEmpty() ? runOk() : runOk(args))
        .contains("left as it is", "./generate-certs.sh renew billing");
    assertEquals(revoked, cert("billing"));
    assertThat(list().isRevoked(revoked)).isTrue();
    list().verify(cert("ca").getPublicKey());
  }

  @Test
  void run_listNearItsEnd_isRenewedAndOneThatLastsIsKept() throws Exception {
    runOk("revoke", "billing", "--days", "1");

    assertThat(runOk()).contains("ca.crl").contains("renewed");
    assertEquals(7, days(list()));
    assertThat(list().isRevoked(cert("billing"))).isTrue();
    var before = contents();
    runOk();
    assertEquals(before, contents());
  }

  @Test
  void crl_tableOfRevokedLost_doesNotTakeRevocationsBack() throws Exception {
    runOk("revoke", "billing");
    Files.delete(dir.resolve("revoked.txt"));
    var before = contents();

    var refused = run("crl");
    assertEquals(1, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("revoked.txt is missing");
    assertEquals(before, contents());
  }

  /** As README's "Another CA" has it: one list after the other, of two CAs of one name. */
  @ParameterizedTest
  @ValueSource(strings = {"crl", "revoke billing", ""})
  void run_listOfAnotherCaInTheFile_staysThere(String command) throws Exception {
    X509CRL other = listOfAnotherCa();
    runOk("crl", "--days", "1");
    for (boolean first : List.of(false, true)) {
      String own = contents().get("ca.crl");
      String others = Files.readString(dir.resolve("new/ca.crl"));
      Files.writeString(dir.resolve("ca.crl"), first ? others + own : own + others);

      runOk(command.isEmpty() ? new String[0] : command.split(" "));
      assertThat(lists()).hasSize(2).contains(other);
      list().verify(cert("ca").getPublicKey());
      assertEquals(7, days(list()));
      runOk("crl", "--days", "1");
      assertThat(lists()).hasSize(2);
      Files.writeString(dir.resolve("ca.crl"), pem("ca.crl").get(0));
    }
  }

  @Test
  void run_onlyListIsOfAnotherCa_makesOneOfOurs() throws Exception {
    X509CRL other = listOfAnotherCa();
    Files.copy(dir.resolve("new/ca.crl"), dir.resolve("ca.crl"));

    assertThat(runOk()).contains("ca.crl").contains("new");
    assertThat(lists()).hasSize(2).contains(other);
    list().verify(cert("ca").getPublicKey());
  }

  @Test
  void force_listOfTheOldCa_goesWithIt() throws Exception {
    runOk("crl");
    X509CRL other = listOfAnotherCa();
    Files.writeString(
        dir.resolve("ca.crl"),
        contents().get("ca.crl") + Files.readString(dir.resolve("new/ca.crl")));

    runOk("--force");
    assertThat(lists()).hasSize(2).contains(other);
    list().verify(cert("ca").getPublicKey());
  }

  @Test
  void revoke_ofTheOtherCaInCaFile_changesNothing() throws Exception {
    listOfAnotherCa();
    Files.writeString(
        dir.resolve("ca.crt"),
        contents().get("ca.crt") + Files.readString(dir.resolve("new/ca.crt")));
    Files.copy(dir.resolve("new/client.crt"), dir.resolve("client.crt"), REPLACE_EXISTING);

    var refused = run("revoke", "client");
    assertEquals(1, refused.exit());
    assertThat(refused.output()).hasLineCount(1).contains("client.crt: not signed by");
  }

  private X509CRL listOfAnotherCa() throws Exception {
    String folder = dir.resolve("new").toString();
    runOk("--out", folder);
    runOk("crl", "--out", folder);
    return lists("new/ca.crl").get(0);
  }

  private List<X509CRL> lists() throws Exception {
    return lists("ca.crl");
  }

  private List<X509CRL> lists(String file) throws Exception {
    try (var in = Files.newInputStream(dir.resolve(file))) {
      return CertificateFactory.getInstance("X.509").generateCRLs(in).stream()
          .map(X509CRL.class::cast)
          .toList();
    }
  }

  private List<String> pem(String file) throws Exception {
    return List.of(Files.readString(dir.resolve(file)).split("(?<=-----END X509 CRL-----\n)"));
  }

  private String check(String name) throws Exception {
    return openssl(
        "verify", "-crl_check", "-CRLfile", "ca.crl", "-CAfile", "ca.crt", name + ".crt");
  }

  private X509CRL list() throws Exception {
    try (var in = Files.newInputStream(dir.resolve("ca.crl"))) {
      return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(in);
    }
  }

  private BigInteger number() throws Exception {
    byte[] octets = list().getExtensionValue("2.5.29.20"); // an OCTET STRING of an INTEGER
    return new BigInteger(1, octets, 4, octets.length - 4);
  }

  private static long days(X509CRL list) {
    return list.getThisUpdate().toInstant().until(list.getNextUpdate().toInstant(), DAYS);
  }
}
