package dev.mbank.server;

import static dev.mbank.server.HandshakeCounts.assertServed;
import static dev.mbank.tls.RefusalReason.CLOSED;
import static dev.mbank.tls.RefusalReason.NOT_TLS;
import static dev.mbank.tls.RefusalReason.NO_ALPN;
import static dev.mbank.tls.RefusalReason.NO_PREFACE;
import static dev.mbank.tls.RefusalReason.PROTOCOL;
import static dev.mbank.tls.RefusalReason.REFUSED_BY_PEER;
import static dev.mbank.tls.RefusalReason.TIMEOUT;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What becomes of peers that do not speak HTTP/2 over TLS 1.3: the server hangs up in bounded time,
 * counts why, and serves the next good client.
 */
class MtlsProtocolIT {
  /** Longer than the handshake timeout, shorter than Netty's own of 10 s. */
  private static final int PATIENCE_MILLIS = 8_000;

  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    server = RunningServer.start(folder, "mbank.grpc.handshake-timeout=2s");
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  static Stream<Arguments> bytes() {
    byte[] garbage = new byte[4096];
    new Random(1).nextBytes(garbage);
    String http1 = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    String partialHello = "16030100c8010000c40303" + "00".repeat(16);
    return Stream.of(
        Arguments.of("garbage", garbage, NOT_TLS),
        Arguments.of("HTTP/1.1", http1.getBytes(US_ASCII), NOT_TLS),
        Arguments.of("h2c", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII), NOT_TLS),
        Arguments.of("another protocol", "SSH-2.0-OpenSSH_9.2\r\n".getBytes(US_ASCII), NOT_TLS),
        Arguments.of("SSL 2.0 hello", hex("802e0100020015000000100100800200800000"), NOT_TLS),
        Arguments.of("a damaged hello", hex("160301000501ffffffff"), PROTOCOL),
        Arguments.of("an alert", hex("15030300020228"), REFUSED_BY_PEER),
        Arguments.of("half-open: silence", new byte[0], TIMEOUT),
        Arguments.of("half-open: one byte", hex("16"), TIMEOUT),
        Arguments.of("half-open: a part of a hello", hex(partialHello), TIMEOUT));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bytes")
  void connect_otherBytes_isClosed(String what, byte[] sent, RefusalReason reason)
      throws Exception {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write(sent);
      awaitClosed(socket);
    }
    counts.awaitRefused(reason);
    assertServed(server, CA, CLIENT);
  }

  @Test
  void connect_hangUpInTheHandshake_isCounted() throws Exception {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write(hex("16030100c8010000c40303"));
    }
    counts.awaitRefused(CLOSED);
    assertServed(server, CA, CLIENT);
  }

  @Test
  void call_plaintextClient_isRefused() {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (TestClient client = TestClient.plaintext(server.port())) {
      assertThat(refusedCall(client)).isNotNull();
    }
    counts.awaitRefused(NOT_TLS);
    assertServed(server, CA, CLIENT);
  }

  @Test
  void handshake_tls12Only_isRefused() throws IOException {
    HandshakeCounts counts = new HandshakeCounts(server);
    assertThat(tls().protocol("TLSv1.2").refusal()).isEqualTo("protocol_version");
    counts.awaitRefused(PROTOCOL);
    assertServed(server, CA, CLIENT);
  }

  static Stream<Arguments> applications() {
    return Stream.of(
        Arguments.of("no ALPN", new String[0]),
        Arguments.of("HTTP/1.1", new String[] {"http/1.1"}),
        Arguments.of("unknown", new String[] {"h3", "spdy/3"}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("applications")
  void handshake_noHttp2_isClosed(String what, String[] offered) throws Exception {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (SSLSocket socket = tls().alpn(offered).connect()) {
      socket.startHandshake();
      awaitClosed(socket);
    }
    counts.awaitRefused(NO_ALPN);
    assertServed(server, CA, CLIENT);
  }

  static Stream<Arguments> prefaces() {
    return Stream.of(
        Arguments.of("silence", ""),
        Arguments.of("a part of it", "PRI * HTTP/2.0\r\n"),
        Arguments.of("without settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Arguments.of("HTTP/1.1", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("prefaces")
  void connect_noPreface_isClosed(String what, String sent) throws Exception {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (SSLSocket socket = tls().handshake()) {
      socket.getOutputStream().write(sent.getBytes(US_ASCII));
      awaitClosed(socket);
    }
    counts.awaitRefused(NO_PREFACE);
    assertServed(server, CA, CLIENT);
  }

  @Test
  void call_clientThatDistrustsTheServer_isCounted() {
    Issued sameName = TestCertificates.authority("test CA").selfSigned();
    HandshakeCounts counts = new HandshakeCounts(server);
    try (TestClient client = TestClient.trusting(sameName, CLIENT, server.port())) {
      assertThat(refusedCall(client)).hasCauseInstanceOf(SSLException.class);
    }
    counts.awaitRefused(REFUSED_BY_PEER);
    assertServed(server, CA, CLIENT);
  }

  private static BareTls tls() {
    return BareTls.of(server.port(), CA, CLIENT);
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  private static void awaitClosed(Socket socket) throws IOException {
    socket.setSoTimeout(PATIENCE_MILLIS);
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketException | SSLException e) {
      // Closed before all was read, or without TLS's goodbye.
      assertThat(e).isNotNull();
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
}
