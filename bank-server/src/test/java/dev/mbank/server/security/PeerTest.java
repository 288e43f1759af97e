package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mbank.server.ledger.Identity;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.lang.reflect.Proxy;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Only a leaf's one URI, or its one DNS name where it has no URI, proves an identity. */
class PeerTest {
  private static final String URI = "spiffe://mbank.test/client";

  @Test
  void of_oneUri_isTheIdentity() {
    Peer peer = Peer.of(PeerCertificates.ofUri(URI));

    assertThat(peer.identity()).isEqualTo(new Identity(URI));
    assertThat(peer).hasToString(URI);
  }

  @Test
  void of_oneUriAmongOtherNames_isTheIdentity() {
    Peer peer =
        Peer.of(
            PeerCertificates.of(
                "CN=somebody else",
                new GeneralName(GeneralName.dNSName, "client.mbank.test"),
                uri(URI),
                new GeneralName(GeneralName.rfc822Name, "client@mbank.test"),
                new GeneralName(GeneralName.iPAddress, "127.0.0.1")));

    assertThat(peer.identity()).isEqualTo(new Identity(URI));
  }

  @Test
  void of_noUri_isUnknown() {
    assertUnknown(PeerCertificates.of("CN=spiffe:\\/\\/mbank.test\\/client"), "0 URI");
    assertUnknown(
        PeerCertificates.of("CN=test", new GeneralName(GeneralName.rfc822Name, URI)), "0 URI");
  }

  @Test
  void of_noUriAndOneDnsName_isDnsAndTheNameInLowerCase() {
    Peer peer =
        Peer.of(
            PeerCertificates.of(
                "CN=other",
                dns("Reports.mbank.test"),
                new GeneralName(GeneralName.iPAddress, "127.0.0.1")));

    assertThat(peer.identity()).isEqualTo(new Identity("dns:reports.mbank.test"));
  }

  @Test
  void of_dnsNamesThatProveNothing_isUnknown() {
    for (GeneralName[] names :
        new GeneralName[][] {
          {dns("a.mbank.test"), dns("b.mbank.test")},
          {dns("a.mbank.test"), dns("a.mbank.test")},
          {dns("*.mbank.test")},
          // A URI that poses as the identity of a DNS name.
          {uri("dns:reports.mbank.test")},
          {uri("dns:reports.mbank.test"), dns("reports.mbank.test")},
          {uri(URI), uri(URI + "2"), dns("reports.mbank.test")}
        }) {
      assertUnknown(PeerCertificates.of("CN=reports.mbank.test", names), "URI");
    }
  }

  @Test
  void serial_ofACertificate_isHexadecimal() {
    assertThat(Peer.of(PeerCertificates.ofUri(URI)).serial()).isEqualTo("5eb1a1");
    assertThat(Peer.of(PeerCertificates.of("CN=test")).serial()).isEqualTo("5eb1a1");
    assertThat(Peer.of(Attributes.EMPTY).serial()).isEmpty();
  }

  @Test
  void of_twoUris_isUnknown() {
    assertUnknown(
        PeerCertificates.of("CN=test", uri(URI), uri("spiffe://mbank.test/other")), "2 URI");
    assertUnknown(PeerCertificates.of("CN=test", uri(URI), uri(URI)), "2 URI");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "spiffe://mbank.test/client\nmethod=forged",
        "spiffe://mbank.test/client status=OK",
        "spiffe://mbank.test/client\u0000",
        "spiffe://mbank.test/a/../client",
        "spiffe://mbank.test",
        "SPIFFE://mbank.test/client",
        "urn:uuid:2f9d3a52-5b0e-4b6f-8d6b-3f2d7a5c1e90"
      })
  void of_uriThatIsNone_isUnknown(String uri) {
    // Newer Javas do not even read some of these.
    assertUnknown(PeerCertificates.ofUri(uri), "subject alternative names");
  }

  private static void assertUnknown(X509Certificate certificate, String fault) {
    Peer peer = Peer.of(certificate);

    assertThatThrownBy(peer::identity)
        .isInstanceOf(UnknownIdentityException.class)
        .hasMessageContaining(fault);
    assertThat(peer).hasToString("unknown");
  }

  @Test
  void of_connectionWithoutTls_isAnonymous() {
    assertThat(Peer.of(Attributes.EMPTY).identity()).isEqualTo(Peer.ANONYMOUS);
  }

  @Test
  void of_connectionWithACertificate_isItsLeafs() {
    Certificate[] chain = {
      PeerCertificates.ofUri(URI), PeerCertificates.ofUri("spiffe://mbank.test/ca")
    };

    assertThat(Peer.of(connection(chain)).identity()).isEqualTo(new Identity(URI));
  }

  @Test
  void of_connectionWithoutACertificate_isUnknown() {
    assertThatThrownBy(() -> Peer.of(connection(new Certificate[0])).identity())
        .isInstanceOf(UnknownIdentityException.class)
        .hasMessageContaining("no client certificate");
  }

  private static Attributes connection(Certificate[] chain) {
    SSLSession session =
        (SSLSession)
            Proxy.newProxyInstance(
                PeerTest.class.getClassLoader(),
                new Class<?>[] {SSLSession.class},
                (proxy, method, arguments) -> {
                  if (chain.length == 0) {
                    throw new SSLPeerUnverifiedException("peer not authenticated");
                  }
                  return chain;
                });
    return Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session).build();
  }

  private static GeneralName dns(String name) {
    return new GeneralName(GeneralName.dNSName, name);
  }

  private static GeneralName uri(String uri) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
  }
}
