package dev.mbank.server;

import static dev.mbank.tls.RefusalReason.CLOSED;
import static dev.mbank.tls.RefusalReason.NO_PREFACE;
import static dev.mbank.tls.RefusalReason.TIMEOUT;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The server with TLS_ENABLED=false. */
@ExtendWith(OutputCaptureExtension.class)
class PlaintextIT {
  private static final byte HEADERS = 1;
  private static final byte SETTINGS = 4;

  /** Longer than the handshake timeout, shorter than gRPC's own of two minutes. */
  private static final int PATIENCE_MILLIS = 8_000;

  @TempDir static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start(CapturedOutput output) {
    server = RunningServer.start(folder, "TLS_ENABLED=false", "mbank.grpc.handshake-timeout=2s");
    assertThat(output).containsPattern(" WARN .*TLS_ENABLED=false: NO ENCRYPTION.*a test\\.");
  }

  @AfterAll
  static void stop(CapturedOutput output) {
    if (server != null) {
      server.close();
    }
    assertThat(output).doesNotContain("\tat ");
  }

  @Test
  void call_plaintextClient_isServedAsAnonymous() {
    try (TestClient client = TestClient.plaintext(server.port())) {
      var bank = client.bank();
      var account = bank.createAccount(TestClient.opening("open-door")).getAccount();
      var answered = bank.deposit(TestClient.deposit("open-door", 3)).getTransaction();

      assertEquals("anonymous", account.getOwner());
      var read =
          bank.getTransaction(
              GetTransactionRequest.newBuilder()
                  .setTransactionId(answered.getTransactionId())
                  .build());
      assertEquals(answered, read.getTransaction());
    }
  }

  @Test
  void call_tlsClient_isRefusedAndCounted() {
    HandshakeCounts counts = new HandshakeCounts(server);
    Issued ca = TestCertificates.authority("test CA").selfSigned();
    Issued own = TestCertificates.client(TestClient.IDENTITY).issuedBy(ca);
    try (TestClient client = TestClient.trusting(ca, own, server.port())) {
      var bank = client.bank();
      var error =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> bank.listAccounts(ListAccountsRequest.getDefaultInstance()));
      assertEquals(Status.Code.UNAVAILABLE, error.getStatus().getCode(), error::toString);
    }
    counts.awaitRefused(NO_PREFACE);
    assertServed();
  }

  static Stream<Arguments> bytes() {
    return Stream.of(
        Arguments.of("HTTP/1.1", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", NO_PREFACE),
        Arguments.of("another protocol", "SSH-2.0-OpenSSH_9.2\r\n", NO_PREFACE),
        Arguments.of("a part of the preface", "PRI * HTTP/2.0\r\n", TIMEOUT),
        Arguments.of("a preface without settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", TIMEOUT),
        Arguments.of("silence", "", TIMEOUT));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bytes")
  void connect_otherBytes_isClosed(String what, String sent, RefusalReason reason)
      throws IOException {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (Socket socket = connect()) {
      socket.getOutputStream().write(sent.getBytes(US_ASCII));
      readToEnd(socket);
    }
    counts.awaitRefused(reason);
    assertServed();
  }

  @Test
  void connect_hangUpWithoutAWord_isCounted() throws IOException {
    HandshakeCounts counts = new HandshakeCounts(server);
    connect().close();
    counts.awaitRefused(CLOSED);
    assertServed();
  }

  @Test
  void call_headersLongerThanMayBe_areRefused() throws IOException {
    assertThat(answerToHeaders(9000)).contains("431");
    assertServed();
  }

  private static void assertServed() {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (TestClient client = TestClient.plaintext(server.port())) {
      assertThat(client.bank().listAccounts(ListAccountsRequest.getDefaultInstance())).isNotNull();
    }
    counts.awaitAccepted(1);
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static void readToEnd(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset"); // Closed before all was read.
    }
  }

  /** Speaks HTTP/2 by hand: a client of gRPC's keeps to what the server announces. */
  private static String answerToHeaders(int length) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(new byte[] {(byte) 0x83, (byte) 0x86, 0x00, 1, 'x', 0x7f});
    int rest = length - 0x7f; // The length, as HPACK writes a number above 7 bits.
    for (; rest >= 0x80; rest >>= 7) {
      block.write((rest & 0x7f) | 0x80);
    }
    block.write(rest);
    block.writeBytes("v".repeat(length).getBytes(US_ASCII));
    try (Socket socket = connect()) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      out.write(new byte[] {0, 0, 0, SETTINGS, 0, 0, 0, 0, 0});
      out.writeInt((block.size() << 8) | HEADERS);
      out.write(new byte[] {0x5, 0, 0, 0, 1}); // The end of the headers and of the stream 1.
      block.writeTo(out);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      while (true) {
        int lengthAndType = in.readInt();
        in.skipNBytes(5);
        byte[] frame = in.readNBytes(lengthAndType >>> 8);
        if ((lengthAndType & 0xff) == HEADERS) {
          return new String(frame, US_ASCII);
        }
      }
    }
  }
}
