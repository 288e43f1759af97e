package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code generate-certs.sh} and reads what it makes the way the server and clients do. */
class GenerateCertsIT extends CertsFolder {

  @Test
  void run_emptyFolder_makesSetThatJavaAccepts() throws Exception {
    runOk();

    var params = new PKIXParameters(Set.of(new TrustAnchor(cert("ca"), null)));
    params.setRevocationEnabled(false);
    for (String name : List.of("server", "client")) {
      var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(cert(name)));
      CertPathValidator.getInstance("PKIX").validate(path, params); // throws if not valid
    }
  }

  @Test
  void run_emptyFolder_givesEachCertificateItsUsesAndNames() throws Exception {
    runOk();

    var ca = cert("ca");
    assertEquals(0, ca.getBasicConstraints(), "path length");
    assertThat(ca.getExtensionValue("2.5.29.15")).as("keyCertSign, cRLSign").endsWith(1, 6);
    assertEquals(3650, days("ca"));
    var server = cert("server");
    assertThat(server.getExtendedKeyUsage()).as("serverAuth").containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(server.getSubjectAlternativeNames()) // 2: DNS, 7: IP
        .hasToString(
            "[[2, localhost], [2, server], [2, bank-server], [2, mbank.local],"
                + " [7, 127.0.0.1], [7, 0:0:0:0:0:0:0:1]]");
    var client = cert("client");
    assertThat(client.getExtendedKeyUsage()).as("clientAuth").containsExactly("1.3.6.1.5.5.7.3.2");
    assertThat(client.getSubjectAlternativeNames())
        .containsExactly(List.of(6, "spiffe://mbank.local/client")); // 6: URI
    for (String leaf : List.of("server", "client")) {
      assertEquals(-1, cert(leaf).getBasicConstraints(), "not a CA");
      byte[] usage = cert(leaf).getExtensionValue("2.5.29.15");
      assertThat(usage).as("digitalSignature").endsWith(7, 0x80);
      assertEquals(365, days(leaf));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ca", "server", "client"})
  void run_emptyFolder_makesSoundCertificateAndKey(String name) throws Exception {
    runOk();

    var cert = cert(name);
    // Basic constraints and key usage; then subject and authority key identifier.
    assertThat(cert.getCriticalExtensionOIDs()).contains("2.5.29.19", "2.5.29.15");
    assertThat(cert.getNonCriticalExtensionOIDs()).contains("2.5.29.14", "2.5.29.35");
    assertThat(cert.getSerialNumber()).isPositive();
    assertThat(cert.getSerialNumber().bitLength()).isBetween(120, 127);
    assertThat(((ECPublicKey) cert.getPublicKey()).getParams()).asString().contains("secp256r1");
    assertEquals("rw-------", permissions(name + ".key"));
    assertEquals("rw-r--r--", permissions(name + ".crt"));

    String pem = Files.readString(dir.resolve(name + ".key"));
    assertThat(pem).startsWith("-----BEGIN PRIVATE KEY-----");
    byte[] pkcs8 = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
    var signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
    byte[] signature = signer.sign();
    signer.initVerify(cert.getPublicKey());
    assertThat(signer.verify(signature)).as("key and certificate match").isTrue();
  }

  @Test
  void run_goodSet_changesNothing() throws Exception {
    runOk();
    var before = contents();

    assertThat(runOk()).contains("kept").doesNotContain("new");
    assertEquals(before, contents());
  }

  @Test
  void run_force_replacesCaAndLeaves() throws Exception {
    runOk();
    var before = contents();

    runOk("--force");
    assertThat(changedSince(before)).hasSize(6);
    cert("server").verify(cert("ca").getPublicKey());
  }

  @Test
  void run_leavesNearTheirEnd_renewsThemAndKeepsCa() throws Exception {
    runOk("--days", "10");
    var before = contents();

    assertThat(runOk()).contains("renewed");
    assertEquals(List.of(365L, 365L), List.of(days("server"), days("client")));
    assertThat(changedSince(before)).noneMatch(file -> file.startsWith("ca."));
  }

  @Test
  void run_leafKeyOfAnotherPair_replacesThatLeafOnly() throws Exception {
    runOk();
    var before = contents();
    Files.writeString(dir.resolve("server.key"), before.get("client.key"));

    runOk();
    assertThat(changedSince(before)).containsExactly("server.crt", "server.key");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ca.key", "ca.crt"})
  void run_halfOfCaMissing_failsInOneLineAndChangesNothing(String missing) throws Exception {
    runOk("--days", "10");
    Files.delete(dir.resolve(missing));
    var before = contents();

    var result = run();
    assertEquals(1, result.exit());
    assertThat(result.output())
        .hasLineCount(1)
        .contains(missing + " is missing", "put it back", "--force", "shuts out everybody");
    assertEquals(before, contents());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--unknown", "extra", "--days"})
  void run_wrongUse_exitsWith2AndMakesNothing(String arg) throws Exception {
    var result = run(arg);

    assertEquals(2, result.exit());
    assertThat(result.output()).hasLineCount(1).contains("--help");
    assertThat(contents()).isEmpty();
  }
}
