package dev.mbank.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.tls.fixtures.TestCrls;
import dev.mbank.tls.fixtures.TestKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each file that will not do is told in one line: variable, path, what was expected. */
class TlsMaterialTest {
  private static final String CERTIFICATES = " (expected: a readable file of PEM certificates";
  private static final String KEY =
      " (expected: a readable file with an unencrypted PKCS#8 private key in PEM, but it ";
  private static final String MAKE_ONE = "; ./generate-certs.sh makes one)";
  private static final Issued CA = TestCertificates.authority("CA").selfSigned();

  @TempDir Path folder;
  private String ca;
  private String cert;
  private String key;

  @BeforeEach
  void goodFiles() {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    ca = file("ca.crt");
    cert = file("server.crt");
    key = file("server.key");
  }

  @Test
  void read_goodFiles_holdsThem() {
    TlsMaterial material = read();

    assertThat(material.authorities()).containsExactly(CA.certificate());
    assertThat(material.chain()).hasSize(1);
    assertThat(material.revocationListsEnd()).isEmpty();
    assertThat(material.context().isServer()).isTrue();
  }

  @Test
  void read_severalAuthorities_holdsAll() throws IOException {
    Issued other = TestCertificates.authority("other CA").selfSigned();
    other.writeTo(folder, "other");
    Files.writeString(folder.resolve("ca.crt"), content("ca.crt") + content("other.crt"));

    assertThat(read().authorities()).containsExactly(CA.certificate(), other.certificate());
  }

  @ParameterizedTest
  @CsvSource({"RSA, true", "secp384r1, true", "Ed25519, false", "secp521r1, false"})
  void read_kindsOfKeys_areTakenIfTheTlsLibraryCanSignWithThem(String kind, boolean usable)
      throws Exception {
    KeyPair keys =
        kind.startsWith("secp")
            ? TestKeys.ellipticCurve(kind)
            : KeyPairGenerator.getInstance(kind).generateKeyPair();
    TestCertificates.server().keys(keys).issuedBy(CA).writeTo(folder, "server");

    if (usable) {
      assertThat(read().context().isServer()).isTrue();
    } else {
      assertThatThrownBy(this::read).hasMessageContaining(", but must be: RSA, P-256 or P-384)");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"CA_FILE", "CERT_FILE"})
  void read_fileWithoutCertificates_toldByItsVariable(String variable) throws IOException {
    Files.writeString(folder.resolve("empty"), "");
    Files.writeString(folder.resolve("garbage"), "no PEM");
    String end = CERTIFICATES + ", but it holds none" + MAKE_ONE;

    assertTold(variable, "absent", CERTIFICATES + ", but there is no such file" + MAKE_ONE);
    assertTold(variable, "empty", end);
    assertTold(variable, "garbage", end);
    assertTold(variable, "server.key", end);
    assertTold(variable, ".", CERTIFICATES + ", but it is a folder)");
  }

  @Test
  void read_emptyPath_toldAsEmpty() {
    ca = "";

    assertThatThrownBy(this::read).hasMessage("CA_FILE: empty" + CERTIFICATES + MAKE_ONE);
  }

  @ParameterizedTest
  @CsvSource({
    "ENCRYPTED PRIVATE KEY, is encrypted",
    "RSA PRIVATE KEY, is PKCS#1",
    "EC PRIVATE KEY, is SEC1",
  })
  void read_keyOfAnotherForm_toldHowToConvert(String label, String what) throws IOException {
    Files.writeString(folder.resolve("bad.key"), pem(label, new byte[] {1}));

    assertTold(
        "KEY_FILE", "bad.key", KEY + what + "; convert it with: openssl pkcs8 -topk8 -nocrypt)");
  }

  @Test
  void read_fileWithoutKey_toldByItsVariable() {
    assertTold("KEY_FILE", "server.crt", KEY + "holds none" + MAKE_ONE);
  }

  @Test
  void read_keyOfAnotherCertificate_isRefused() throws IOException {
    String expected = " (expected: the private key of the certificate in CERT_FILE)";
    Files.writeString(folder.resolve("garbage.key"), pem("PRIVATE KEY", new byte[100]));
    TestCertificates.server().issuedBy(CA).writeTo(folder, "other");

    assertTold("KEY_FILE", "other.key", expected);
    assertTold("KEY_FILE", "garbage.key", expected);
  }

  static Stream<Arguments> badLeaves() throws Exception {
    Instant now = Instant.now();
    Duration day = Duration.ofDays(1);
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(1024);
    return Stream.of(
        Arguments.of(TestCertificates.client("spiffe://a/b"), "extended key usage: [clientAuth]"),
        Arguments.of(new Request("none").dns("localhost"), "extended key usage: none"),
        Arguments.of(
            new Request("no names").purposes(KeyPurposeId.id_kp_serverAuth),
            "subject alternative names: none"),
        Arguments.of(
            TestCertificates.server().dns("ba*.example.com"),
            "DNS name: ba*.example.com, but must be: * as the whole leftmost label only"),
        Arguments.of(TestCertificates.server().authority(0), "basic constraints: CA:TRUE"),
        Arguments.of(TestCertificates.server().keys(rsa.generateKeyPair()), "RSA of 1024 bits"),
        Arguments.of(
            TestCertificates.server().valid(now.minus(day), now.minusSeconds(60)), "expired at"),
        Arguments.of(
            TestCertificates.server().valid(now.plusSeconds(60), now.plus(day)),
            "not valid before"));
  }

  @ParameterizedTest
  @MethodSource("badLeaves")
  void read_certificateThatPeersWouldRefuse_isRefused(Request request, String fault) {
    request.issuedBy(CA).writeTo(folder, "server");

    assertThatThrownBy(this::read)
        .isInstanceOf(TlsFileException.class)
        .hasMessageStartingWith("CERT_FILE: " + cert + " (expected: ")
        .hasMessageContaining(fault);
  }

  @Test
  void read_chainInWrongOrder_isRefused() throws IOException {
    TestCertificates.authority("unrelated").selfSigned().writeTo(folder, "unrelated");
    Files.writeString(
        folder.resolve("server.crt"), content("server.crt") + content("unrelated.crt"));

    assertThatThrownBy(this::read).hasMessageContaining("certificate 2: did not sign");
  }

  @Test
  void read_intermediateForClientsOnly_isRefused() {
    Issued root = new Request("root").authority(1).selfSigned();
    Request clients = TestCertificates.authority("clients").purposes(KeyPurposeId.id_kp_clientAuth);
    TestCertificates.server().issuedBy(clients.issuedBy(root)).writeTo(folder, "server");

    assertThatThrownBy(this::read)
        .hasMessageStartingWith("CERT_FILE: " + cert)
        .hasMessageContaining(
            "of CN=clients, extended key usage: [clientAuth], but must be: serverAuth)");
  }

  @Test
  void read_leafAsAuthority_isRefused() {
    ca = cert;

    assertThatThrownBy(this::read)
        .hasMessageStartingWith("CA_FILE: " + cert)
        .hasMessageContaining("certificate: no CA");
  }

  static Stream<Arguments> badIntermediates() {
    GeneralSubtree[] permitted = {new GeneralSubtree(new GeneralName(GeneralName.dNSName, "a"))};
    return Stream.of(
        Arguments.of(new Request("x"), "certificate: no CA"),
        Arguments.of(authority().usage(KeyUsage.cRLSign), "certificate: no CA"),
        Arguments.of(
            authority().without(Extension.keyUsage), "key usage: none, but must be: keyCertSign"),
        Arguments.of(authority().keys(TestKeys.rsa(1024)), "RSA of 1024 bits"),
        Arguments.of(authority().signedWith("SHA1withECDSA"), "signature: SHA1WITHECDSA"),
        Arguments.of(authority().expired(), "expired at"),
        Arguments.of(authority().notYetValid(), "not valid before"),
        Arguments.of(
            authority().with(Extension.nameConstraints, new NameConstraints(permitted, null)),
            "[2.5.29.30], which bind only below its root, but must be: the root in CA_FILE too)"));
  }

  @ParameterizedTest
  @MethodSource("badIntermediates")
  void read_badIntermediateAsAuthority_isRefusedWithoutItsRoot(Request request, String fault) {
    Issued root = new Request("root").authority(1).selfSigned();
    request.issuedBy(root).alone().writeTo(folder, "ca");

    assertThatThrownBy(this::read)
        .hasMessageStartingWith("CA_FILE: " + ca + " (expected: a certificate to work with; of CN=")
        .hasMessageContaining(fault);
  }

  @Test
  void read_boundIntermediateAsAuthority_isTakenWithItsRoot() throws IOException {
    GeneralSubtree[] permitted = {new GeneralSubtree(new GeneralName(GeneralName.dNSName, "a"))};
    Issued root = new Request("root").authority(1).selfSigned();
    Issued bound =
        authority()
            .with(Extension.nameConstraints, new NameConstraints(permitted, null))
            .issuedBy(root);
    Files.writeString(folder.resolve("ca.crt"), bound.pem() + root.pem());

    assertThat(read().authorities()).containsExactly(bound.certificate(), root.certificate());
  }

  @Test
  void warnings_authorityOutOfDateBesideAGoodOne_isTold() throws IOException {
    Issued old = authority().expired().selfSigned();
    Files.writeString(folder.resolve("ca.crt"), CA.pem() + old.pem());

    assertThat(read().warnings())
        .containsExactly(
            "CA_FILE: of CN=x, expired at %s; whoever it signed is refused"
                .formatted(old.certificate().getNotAfter().toInstant()));
  }

  @Test
  void warnings_authorityWithoutList_isToldBySerial() throws IOException {
    Issued other = TestCertificates.authority("CA").selfSigned();
    Files.writeString(folder.resolve("ca.crt"), CA.pem() + other.pem());

    TlsMaterial material = read(TestCrls.of(CA));
    assertThat(material.warnings())
        .containsExactly(
            "CRL_FILE: no revocation list of CN=CA, serial %s; whoever it signed is refused"
                .formatted(other.certificate().getSerialNumber().toString(16)));
    assertThat(material.revocationListsEnd()).get().matches(Instant.now()::isAfter);
    assertThat(material.toString()).endsWith("revocation lists: not of every CA");
    assertThat(read(TestCrls.of(CA) + TestCrls.of(other)).warnings()).isEmpty();
  }

  @Test
  void warnings_listOutOfDate_isToldUnlessThereIsANewerOne() throws IOException {
    Instant end = Instant.now().minusSeconds(60).truncatedTo(ChronoUnit.SECONDS);
    String late = TestCrls.until(end, CA);

    assertThat(read(late).warnings())
        .containsExactly(
            "CRL_FILE: the revocation list of CN=CA, serial %s, is out of date since %s; "
                    .formatted(CA.certificate().getSerialNumber().toString(16), end)
                + "whoever it signed is refused");
    TlsMaterial newer = read(late + TestCrls.of(CA));
    assertThat(newer.warnings()).isEmpty();
    assertThat(newer.revocationListsEnd()).get().matches(Instant.now()::isBefore);
  }

  @Test
  void warnings_certificateThatSoonExpires_isTold() {
    Instant end = Instant.now().plus(Duration.ofDays(13)).truncatedTo(ChronoUnit.SECONDS);
    Issued soon = TestCertificates.server().valid(end.minus(Duration.ofDays(30)), end).issuedBy(CA);
    soon.writeTo(folder, "server");

    assertThat(read().warnings())
        .containsExactly(
            "CERT_FILE: of CN=server, serial %s, expires at %s, in less than 14 days"
                .formatted(soon.certificate().getSerialNumber().toString(16), end));
  }

  @Test
  void toString_noLists_saysWhatIsInForceAndWhy() {
    assertThat(read().toString())
        .endsWith(
            "; CAs: CN=CA, serial %s, until %s; revocation lists: none, CRL_FILE is empty"
                .formatted(
                    CA.certificate().getSerialNumber().toString(16),
                    CA.certificate().getNotAfter().toInstant()));
  }

  @Test
  void read_crlThatIsNone_toldByItsVariable() {
    assertThatThrownBy(() -> TlsMaterial.read(new TlsFiles(ca, cert, key, ca), PeerKind.SERVER))
        .hasMessageStartingWith(
            "CRL_FILE: " + ca + " (expected: a readable file of PEM revocation");
  }

  @Test
  void warnings_keyThatEverybodyMayRead_isTold() throws IOException {
    TlsFiles files = new TlsFiles(ca, cert, key, null);
    assertThat(files.warnings()).isEmpty();
    Files.setPosixFilePermissions(
        folder.resolve("server.key"), PosixFilePermissions.fromString("rw-r--r--"));

    assertThat(files.warnings())
        .containsExactly("KEY_FILE: " + key + " can be read by everybody (expected: chmod 600)");
  }

  private static Request authority() {
    return TestCertificates.authority("x");
  }

  private TlsMaterial read() {
    return TlsMaterial.read(new TlsFiles(ca, cert, key, null), PeerKind.SERVER);
  }

  private TlsMaterial read(String lists) throws IOException {
    String crl = Files.writeString(folder.resolve("ca.crl"), lists).toString();
    return TlsMaterial.read(new TlsFiles(ca, cert, key, crl), PeerKind.SERVER);
  }

  private void assertTold(String variable, String name, String end) {
    String path = file(name);
    TlsFiles files =
        switch (variable) {
          case "CA_FILE" -> new TlsFiles(path, cert, key, null);
          case "CERT_FILE" -> new TlsFiles(ca, path, key, null);
          default -> new TlsFiles(ca, cert, path, null);
        };
    assertThatThrownBy(() -> TlsMaterial.read(files, PeerKind.SERVER))
        .isInstanceOf(TlsFileException.class)
        .hasMessage(variable + ": " + path + end);
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private String content(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder().encodeToString(der), label);
  }
}
