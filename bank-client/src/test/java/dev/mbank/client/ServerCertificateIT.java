package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.tls.fixtures.TestCrls;
import dev.mbank.tls.fixtures.TestKeys;
import dev.mbank.v1.BankServiceGrpc;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * What the client makes of each kind of server certificate. The client is the whole program, the
 * server a bare one, since bank-server would not start with most of these.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(60)
class ServerCertificateIT {
  private static final Issued CA = new Request("test CA").authority(1).selfSigned();
  private static final Issued INTERMEDIATE =
      TestCertificates.authority("intermediate").issuedBy(CA);
  private static final Issued FOR_CLIENTS =
      TestCertificates.authority("clients").purposes(KeyPurposeId.id_kp_clientAuth).issuedBy(CA);
  private static final Issued LATE_CA = TestCertificates.authority("late list").selfSigned();
  private static final Issued LISTLESS_CA = TestCertificates.authority("no list").selfSigned();
  private static final Issued REVOKED = server().issuedBy(CA);

  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    Files.writeString(folder.resolve("ca.crt"), CA.pem() + LATE_CA.pem() + LISTLESS_CA.pem());
    TestCertificates.client("spiffe://mbank.local/client").issuedBy(CA).writeTo(folder, "client");
    Files.writeString(
        folder.resolve("ca.crl"),
        TestCrls.of(CA, REVOKED)
            + TestCrls.of(INTERMEDIATE)
            + TestCrls.of(FOR_CLIENTS)
            + TestCrls.until(Instant.now().minusSeconds(60), LATE_CA));
  }

  static Stream<Arguments> refused() {
    Issued sameName = new Request("test CA").authority(1).selfSigned();
    String untrusted = "is not signed by the CA in CA_FILE";
    String notLocalhost = "is not for the name localhost: set HOST to a name that it has";
    String notTheAddress = "is not for the name 127.0.0.1: set HOST to a name that it has";
    return Stream.of(
        row("CA: another", server().issuedBy(sameName), untrusted),
        row("self-signed", server().selfSigned(), untrusted),
        row("intermediate missing", server().issuedBy(INTERMEDIATE).alone(), untrusted),
        row("expired", server().expired().issuedBy(CA), "has expired: renew it"),
        row("not yet valid", server().notYetValid().issuedBy(CA), "is not valid yet: check the"),
        row("a client's", client().dns("localhost").issuedBy(CA), "is not one for servers"),
        row("for no use", server().purposes().issuedBy(CA), "is not one for servers"),
        row("intermediate for clients", server().issuedBy(FOR_CLIENTS), "is not one for servers"),
        row("RSA-1024", server().keys(TestKeys.rsa(1024)).issuedBy(CA), "is too weak"),
        row("SHA-1", server().signedWith("SHA1withECDSA").issuedBy(CA), "is signed too weakly"),
        row("revoked", REVOKED, "is revoked: the server needs a new one"),
        row("list expired", server().issuedBy(LATE_CA), "list in CRL_FILE (%s) is out of date"),
        row("list missing", server().issuedBy(LISTLESS_CA), "CRL_FILE (%s) has no list of its CA"),
        row("another DNS name", named().dns("bank.example").issuedBy(CA), notLocalhost),
        row("a common name only", named().issuedBy(CA), notLocalhost),
        row("a common name and a URI", named().uri("spiffe://a/b").issuedBy(CA), notLocalhost),
        row("a common name and an IP", named().ip("127.0.0.1").issuedBy(CA), notLocalhost),
        called("127.0.0.1", "another IP", named().ip("127.0.0.2").issuedBy(CA), notTheAddress),
        called("127.0.0.1", "IP as DNS", named().dns("127.0.0.1").issuedBy(CA), notTheAddress),
        called("a.b.bank.example", "wildcard over two labels", wildcard(), notLocalhost),
        partial("ba*.example.com", notLocalhost),
        partial("bank.*.com", notLocalhost));
  }

  private static Arguments row(String what, Issued certificate, String words) {
    return called("localhost", what, certificate, words);
  }

  /** RFC 9525, section 6.3: Java would take each. */
  private static Arguments partial(String wildcard, String words) {
    return called("bank.example.com", wildcard, named().dns(wildcard).issuedBy(CA), words);
  }

  private static Arguments called(String name, String what, Issued certificate, String words) {
    return Arguments.of(name, what, certificate, words);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("refused")
  void run_badServerCertificate_isRefusedInWords(
      String name, String what, Issued certificate, String words, CapturedOutput output)
      throws Exception {
    assertThat(run(name, certificate)).as(what).isEqualTo(ExitCode.CONNECTION);

    assertThat(output.getErr().lines().filter(line -> !line.contains(" WARN ")))
        .singleElement()
        .asString()
        .startsWith("bank-client: the certificate of the server at ")
        .contains(words.formatted(folder.resolve("ca.crl")));
  }

  static Stream<Arguments> good() {
    return Stream.of(
        Arguments.of("localhost", "by its name", server().issuedBy(CA)),
        Arguments.of("127.0.0.1", "by its address", server().issuedBy(CA)),
        Arguments.of("localhost", "with its intermediate", server().issuedBy(INTERMEDIATE)),
        Arguments.of("a.bank.example", "wildcard over one label", wildcard()));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("good")
  void run_goodServerCertificate_banks(
      String name, String what, Issued certificate, CapturedOutput output) throws Exception {
    assertThat(run(name, certificate)).as("%s: %s", what, output).isEqualTo(ExitCode.DONE);
  }

  /** Runs the client against a server with this certificate, which it calls by this name. */
  private static ExitCode run(String name, Issued certificate) throws Exception {
    var health = new HealthStatusManager();
    health.setStatus(BankServiceGrpc.SERVICE_NAME, ServingStatus.SERVING);
    var tls =
        GrpcSslContexts.configure(
                SslContextBuilder.forServer(certificate.key(), certificate.chain()))
            .trustManager(CA.certificate())
            .clientAuth(ClientAuth.REQUIRE);
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Server server =
        NettyServerBuilder.forAddress(address)
            .sslContext(tls.build())
            .addService(new FakeBank())
            .addService(health.getHealthService())
            .build()
            .start();
    boolean real = name.equals("localhost") || name.equals("127.0.0.1");
    try {
      return BankClientApplication.run(
          "--HOST=" + (real ? name : "localhost"),
          "--PORT=" + server.getPort(),
          "--grpc.client.bank.security.authority-override=" + (real ? "" : name),
          "--MBANK_CALL_TIMEOUT=1h",
          "--CA_FILE=" + folder.resolve("ca.crt"),
          "--CERT_FILE=" + folder.resolve("client.crt"),
          "--KEY_FILE=" + folder.resolve("client.key"),
          "--CRL_FILE=" + folder.resolve("ca.crl"));
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  private static Request server() {
    return TestCertificates.server();
  }

  private static Request client() {
    return TestCertificates.client("spiffe://mbank.local/client");
  }

  /** Of a server whose common name is localhost, and without other names so far. */
  private static Request named() {
    return new Request("localhost").purposes(KeyPurposeId.id_kp_serverAuth);
  }

  private static Issued wildcard() {
    return named().dns("*.bank.example").issuedBy(CA);
  }
}
