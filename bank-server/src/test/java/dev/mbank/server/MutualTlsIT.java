package dev.mbank.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetAccountRequest;
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.reflection.v1alpha.ServerReflectionGrpc;
import io.grpc.reflection.v1alpha.ServerReflectionRequest;
import io.grpc.reflection.v1alpha.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.grpc.util.AdvancedTlsX509KeyManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who gets through to the bank over TLS and who does not.
 *
 * <p>A refusal is looked at twice: as the TLS alert that a bare socket is sent, which tells why,
 * and as what becomes of a gRPC call. The alert matters, since a Netty client that finds none of
 * its certificate's issuers among the server's hints sends no certificate at all: then the alert is
 * certificate_required, whatever the test meant to show.
 */
class MutualTlsIT {
  private static final String CA_NAME = "mbank test CA";

  private static final int TIMEOUT_MILLIS = 15_000;
  private static final Issued CA = TestCertificates.authority(CA_NAME).selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    server = RunningServer.start(folder, "mbank.grpc.handshake-timeout=4s");
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  /** Whatever a test sent, the server goes on serving. */
  @AfterEach
  void goodClient_afterwards_isServed() throws Exception {
    try (TestClient client = goodClient()) {
      client.bank().listAccounts(ListAccountsRequest.getDefaultInstance());
    }
    assertEquals("TLSv1.3", handshake("TLSv1.3", CLIENT));
  }

  @Test
  void deposit_goodClient_isReadBackOverTls13() {
    try (TestClient client = goodClient()) {
      SessionRecorder recorder = new SessionRecorder();
      var bank = client.bank().withInterceptors(recorder);
      var account = bank.createAccount(TestClient.opening("round-trip")).getAccount();
      DepositRequest request = TestClient.deposit("round-trip", 12);

      var answered = bank.deposit(request).getTransaction();

      assertEquals(TestClient.IDENTITY, account.getOwner());
      assertEquals(
          account,
          bank.getAccount(GetAccountRequest.newBuilder().setAccountId("round-trip").build())
              .getAccount());
      var read =
          bank.getTransaction(
              GetTransactionRequest.newBuilder()
                  .setTransactionId(answered.getTransactionId())
                  .build());
      assertEquals(answered, read.getTransaction());
      assertEquals(request.getRequestId(), read.getTransaction().getRequestId());
      assertEquals("TLSv1.3", recorder.session.getProtocol());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", BankServiceGrpc.SERVICE_NAME})
  void health_beforeBanking_isServing(String service) {
    try (TestClient client = goodClient()) {
      // The writer tells of the store after the port is open.
      await().until(() -> client.health(service), ServingStatus.SERVING::equals);
    }
  }

  @Test
  void handshake_noClientCertificate_isRefused() {
    assertThat(refusal("TLSv1.3", null)).isEqualTo("certificate_required");
    assertCallRefused(TestClient.tls(CA));
  }

  /** Each is sent, which the alert proves: it is not certificate_required. */
  static Stream<Arguments> badCertificates() {
    Issued otherCa = TestCertificates.authority("another CA").selfSigned();
    Issued sameName = TestCertificates.authority(CA_NAME).selfSigned();
    Instant now = Instant.now();
    Duration day = Duration.ofDays(1);
    return Stream.of(
        Arguments.of("wrong CA", client().issuedBy(otherCa), "unknown_ca"),
        Arguments.of("CA of the same name", client().issuedBy(sameName), "unknown_ca"),
        Arguments.of("self-signed", client().selfSigned(), "unknown_ca"),
        Arguments.of(
            "expired",
            client().valid(now.minus(day), now.minusSeconds(60)).issuedBy(CA),
            "certificate_expired"),
        Arguments.of(
            "not yet valid",
            client().valid(now.plusSeconds(600), now.plus(day)).issuedBy(CA),
            "certificate_expired"),
        Arguments.of(
            "a server's",
            TestCertificates.server().uri(TestClient.IDENTITY).issuedBy(CA),
            "unsupported_certificate"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badCertificates")
  void handshake_badCertificateThatIsSent_isRefused(String what, Issued own, String alert)
      throws Exception {
    assertThat(refusal("TLSv1.3", own)).as(what).isEqualTo(alert);

    AdvancedTlsX509KeyManager whateverTheHints = new AdvancedTlsX509KeyManager();
    whateverTheHints.updateIdentityCredentials(own.chain(), own.key());
    assertCallRefused(TestClient.tls(CA).keyManager(whateverTheHints));
  }

  @Test
  void handshake_tls12Only_isRefused() {
    assertThat(refusal("TLSv1.2", CLIENT)).isEqualTo("protocol_version");
    assertCallRefused(
        TestClient.tls(CA).keyManager(CLIENT.key(), CLIENT.chain()).protocols("TLSv1.2"));
  }

  @Test
  void call_serverOfAnotherName_isRefusedByClient() {
    var tls = TestClient.tls(CA).keyManager(CLIENT.key(), CLIENT.chain());
    try (TestClient client =
        new TestClient(TestClient.builder(server.port(), tls).overrideAuthority("bank.example"))) {
      assertThat(refusedCall(client))
          .hasRootCauseInstanceOf(CertificateException.class)
          .rootCause()
          .hasMessageContaining("bank.example");
    }
  }

  @Test
  void call_serverOfAnotherCa_isRefusedByClient() {
    Issued sameName = TestCertificates.authority(CA_NAME).selfSigned();
    try (TestClient client = TestClient.trusting(sameName, CLIENT, server.port())) {
      assertThat(refusedCall(client)).hasCauseInstanceOf(SSLException.class);
    }
  }

  @Test
  void call_plaintextClient_isRefused() {
    try (TestClient client = TestClient.plaintext(server.port())) {
      refusedCall(client);
    }
  }

  @Test
  void connect_garbage_isClosed() throws Exception {
    byte[] garbage = new byte[4096];
    new Random(1).nextBytes(garbage);
    assertClosedWithin(TIMEOUT_MILLIS, garbage);
  }

  @Test
  void connect_silence_isClosedByHandshakeTimeout() throws Exception {
    // Netty itself gives up after 10 s, whatever is set.
    assertClosedWithin(8_000, new byte[0]);
  }

  static Stream<Arguments> unknownIdentities() {
    return Stream.of(
        Arguments.of("no name", TestCertificates.client()),
        Arguments.of("a DNS name only", TestCertificates.client().dns("mbank.local")),
        Arguments.of("two URIs", client().uri("spiffe://mbank.local/other")),
        Arguments.of("no role", TestCertificates.client("spiffe://mbank.local/stranger")),
        Arguments.of("the name without TLS", TestCertificates.client("anonymous")),
        Arguments.of("almost ours", TestCertificates.client(TestClient.IDENTITY + "/")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unknownIdentities")
  void call_unknownIdentityOfOurCa_isUnauthenticated(String what, Request certificate) {
    try (TestClient client = TestClient.trusting(CA, certificate.issuedBy(CA), server.port())) {
      var bank = client.bank();
      for (Runnable call :
          new Runnable[] {
            () -> bank.listAccounts(ListAccountsRequest.getDefaultInstance()),
            () -> bank.createAccount(TestClient.opening("stranger")),
            () -> bank.deposit(TestClient.deposit("stranger", 1))
          }) {
        var error = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertEquals(Status.Code.UNAUTHENTICATED, error.getStatus().getCode(), what);
        assertEquals("UNKNOWN_IDENTITY", TestClient.reason(error), what);
      }
    }
  }

  @Test
  void reflection_byDefault_isNotThere() {
    try (TestClient client = goodClient()) {
      assertThat(services(client))
          .failsWithin(Duration.ofSeconds(20))
          .withThrowableThat()
          .havingRootCause()
          .withMessageContaining("UNIMPLEMENTED");
    }
  }

  @Test
  void reflection_enabled_listsTheBank(@TempDir Path data) {
    try (RunningServer open =
            RunningServer.start(
                folder,
                "REFLECTION_ENABLED=true",
                "DATABASE_URL=jdbc:sqlite:" + data.resolve("bank.db"));
        TestClient client = TestClient.trusting(CA, CLIENT, open.port())) {
      assertThat(services(client))
          .succeedsWithin(Duration.ofSeconds(20))
          .asString()
          .contains(BankServiceGrpc.SERVICE_NAME);
    }
  }

  private static Request client() {
    return TestCertificates.client(TestClient.IDENTITY);
  }

  private static TestClient goodClient() {
    return TestClient.trusting(CA, CLIENT, server.port());
  }

  private static void assertCallRefused(SslContextBuilder tls) {
    try (TestClient client = new TestClient(TestClient.builder(server.port(), tls))) {
      refusedCall(client);
    }
  }

  /** The failure of a call that never reached the bank; not by its deadline, so in time. */
  private static StatusRuntimeException refusedCall(TestClient client) {
    var bank = client.bank();
    var error =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> bank.listAccounts(ListAccountsRequest.getDefaultInstance()));
    assertThat(error.getStatus().getCode()).as("%s", error).isEqualTo(Status.Code.UNAVAILABLE);
    return error;
  }

  /** The alert with which the server refuses a handshake. */
  private static String refusal(String protocol, Issued own) {
    var refused = catchThrowableOfType(SSLException.class, () -> handshake(protocol, own));
    assertThat(refused).hasMessageContaining("Received fatal alert: ");
    return refused.getMessage().replaceAll(".*Received fatal alert: ", "");
  }

  /**
   * Shakes hands and waits for the first byte of HTTP/2. In TLS 1.3 the server judges the client's
   * certificate after the client has done its part: the alert comes in that byte's place.
   *
   * @param own is sent whatever issuers the server asks for; null for none
   * @return the protocol that was agreed
   */
  private static String handshake(String protocol, Issued own) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", CA.certificate());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    KeyManager[] keys = own == null ? null : new KeyManager[] {new WhateverTheHints(own)};
    context.init(keys, trust.getTrustManagers(), null);
    InetAddress address = InetAddress.getLoopbackAddress();
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(address, server.port())) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {protocol});
      parameters.setApplicationProtocols(new String[] {"h2"});
      socket.setSSLParameters(parameters);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.startHandshake();
      assertThat(socket.getInputStream().read()).as("HTTP/2 settings").isNotNegative();
      return socket.getSession().getProtocol();
    }
  }

  private static void assertClosedWithin(int millis, byte[] sent) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(millis);
      socket.getOutputStream().write(sent);
      socket.getInputStream().readAllBytes();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("still open", e);
    } catch (SocketException e) {
      // Closed before all was read: a reset.
    }
  }

  private static CompletableFuture<ServerReflectionResponse> services(TestClient client) {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionResponse> observer =
        new StreamObserver<>() {
          @Override
          public void onNext(ServerReflectionResponse value) {
            answer.complete(value);
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
          }

          @Override
          public void onCompleted() {}
        };
    var requests =
        ServerReflectionGrpc.newStub(client.channel())
            .withDeadlineAfter(20, SECONDS)
            .serverReflectionInfo(observer);
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("*").build());
    requests.onCompleted();
    return answer;
  }

  private static final class SessionRecorder implements ClientInterceptor {
    volatile SSLSession session;

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<A> listener, Metadata headers) {
          super.start(
              new io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener<>(
                  listener) {
                @Override
                public void onHeaders(Metadata answered) {
                  session = getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
                  super.onHeaders(answered);
                }
              },
              headers);
        }
      };
    }
  }

  private static final class WhateverTheHints extends X509ExtendedKeyManager {
    private final Issued own;

    WhateverTheHints(Issued own) {
      this.own = own;
    }

    @Override
    public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
      return "own";
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return own.chain();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return own.key();
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return new String[] {"own"};
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return null;
    }
  }
}
