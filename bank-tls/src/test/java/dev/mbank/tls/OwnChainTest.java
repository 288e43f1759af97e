package dev.mbank.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.tls.fixtures.TestCrls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our own chain is held to what peers hold it to, as far as its CA is known here. */
class OwnChainTest {
  private static final Issued ROOT = new Request("root").authority(1).selfSigned();
  private static final Issued OTHER = TestCertificates.authority("other").selfSigned();

  @TempDir Path folder;

  @Test
  void read_chainToAuthority_isTakenWithoutWarning() {
    Issued server = TestCertificates.server().issuedBy(issuer().issuedBy(ROOT));

    assertThat(read(server, ROOT).warnings()).isEmpty();
  }

  @Test
  void read_pathLengthOfRootExceeded_isRefused() {
    Issued shortRoot = new Request("short root").authority(0).selfSigned();
    Issued server = TestCertificates.server().issuedBy(issuer().issuedBy(shortRoot));

    assertRefused(server, shortRoot, "pathLenConstraint");
  }

  @Test
  void read_pathLengthOfIntermediateExceeded_isRefusedWithoutItsRoot() {
    Issued upper = issuer().issuedBy(ROOT);
    Issued lower = TestCertificates.authority("lower").issuedBy(upper);

    assertRefused(
        TestCertificates.server().issuedBy(lower), OTHER, "path length: 1, but must be: 0");
  }

  @Test
  void read_nameOutsideOfConstraints_isRefused() {
    GeneralSubtree[] permitted = {new GeneralSubtree(new GeneralName(GeneralName.dNSName, "a"))};
    Issued bound =
        issuer()
            .with(Extension.nameConstraints, new NameConstraints(permitted, null))
            .issuedBy(ROOT);

    assertRefused(TestCertificates.server().issuedBy(bound), ROOT, "name constraints");
  }

  @Test
  void warnings_intermediateMissing_isTold() {
    Issued server = TestCertificates.server().issuedBy(issuer().issuedBy(ROOT)).alone();

    assertThat(read(server, ROOT).warnings())
        .containsExactly(
            "CERT_FILE: of %s, not of CA_FILE: is an intermediate missing?"
                .formatted(TlsMaterial.named(server.certificate())));
  }

  @Test
  void warnings_chainOfAnotherAuthority_isTold() {
    Issued server = TestCertificates.server().issuedBy(issuer().issuedBy(ROOT));

    assertThat(read(server, OTHER).warnings())
        .containsExactly(
            "CERT_FILE: of %s, not of CA_FILE: is an intermediate missing?"
                .formatted(TlsMaterial.named(server.certificate())));
  }

  /** While we run: the list has more to tell. */
  @Test
  void readAgain_ownCertificateRevoked_isTold() throws IOException {
    Issued server = TestCertificates.server().issuedBy(OTHER);
    Path lists = Files.writeString(folder.resolve("ca.crl"), TestCrls.of(OTHER, server));

    assertThat(TlsMaterial.readAgain(files(server, OTHER, lists), PeerKind.SERVER).warnings())
        .singleElement()
        .asString()
        .startsWith("CERT_FILE: of CN=server, revoked at ")
        .endsWith("; whoever has this list refuses us");
  }

  @Test
  void read_ownCertificateRevoked_isRefused() throws IOException {
    Issued server = TestCertificates.server().issuedBy(OTHER);

    assertThatThrownBy(() -> read(server, OTHER, TestCrls.of(OTHER, server)))
        .isInstanceOf(TlsFileException.class)
        .hasMessageStartingWith("CERT_FILE: ")
        .hasMessageContaining("of CN=server, revoked at ");
  }

  /** They say nothing of our own; what they say of others counts. */
  @Test
  void read_listsOfOthersOrOutOfDate_areTaken() throws IOException {
    Issued server = TestCertificates.server().issuedBy(OTHER);
    String late = TestCrls.until(Instant.now().minusSeconds(60), OTHER);

    assertThat(read(server, OTHER, TestCrls.of(ROOT)).revocationListsEnd()).isPresent();
    assertThat(read(server, OTHER, late).revocationListsEnd()).isPresent();
  }

  private static Request issuer() {
    return TestCertificates.authority("issuer");
  }

  private void assertRefused(Issued server, Issued ca, String fault) {
    assertThatThrownBy(() -> read(server, ca))
        .isInstanceOf(TlsFileException.class)
        .hasMessageStartingWith("CERT_FILE: ")
        .hasMessageContaining(fault);
  }

  private TlsMaterial read(Issued server, Issued ca) {
    return read(server, ca, (Path) null);
  }

  private TlsMaterial read(Issued server, Issued ca, String lists) throws IOException {
    return read(server, ca, Files.writeString(folder.resolve("ca.crl"), lists));
  }

  private TlsMaterial read(Issued server, Issued ca, Path lists) {
    return TlsMaterial.read(files(server, ca, lists), PeerKind.SERVER);
  }

  private TlsFiles files(Issued server, Issued ca, Path lists) {
    ca.writeTo(folder, "ca");
    server.writeTo(folder, "server");
    return new TlsFiles(
        folder.resolve("ca.crt").toString(),
        folder.resolve("server.crt").toString(),
        folder.resolve("server.key").toString(),
        lists == null ? null : lists.toString());
  }
}
