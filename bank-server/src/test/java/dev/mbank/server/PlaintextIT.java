package dev.mbank.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The server with TLS_ENABLED=false. */
@ExtendWith(OutputCaptureExtension.class)
class PlaintextIT {
  private static final byte HEADERS = 1;
  private static final byte SETTINGS = 4;

  @TempDir Path folder;

  @Test
  void tlsDisabled_serverThatHasNoCertificates_warnsAndServesAnonymous(CapturedOutput output) {
    try (RunningServer server = RunningServer.start(folder, "TLS_ENABLED=false")) {
      assertThat(output).containsPattern(" WARN .*TLS_ENABLED=false: NO ENCRYPTION.*a test\\.");
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
      assertTlsClientFails(server.port());
    }
    assertThat(output).doesNotContain("\tat ");
  }

  @Test
  void call_headersLongerThanMayBe_areRefusedWithoutAStackTrace(CapturedOutput output)
      throws IOException {
    try (RunningServer server = RunningServer.start(folder, "TLS_ENABLED=false");
        TestClient client = TestClient.plaintext(server.port())) {
      assertThat(answerToHeaders(server.port(), 9000)).contains("431");

      assertThat(client.bank().listAccounts(ListAccountsRequest.getDefaultInstance())).isNotNull();
    }
    assertThat(output).doesNotContain("\tat ");
  }

  /** Speaks HTTP/2 by hand: a client of gRPC's keeps to what the server announces. */
  private static String answerToHeaders(int port, int length) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(new byte[] {(byte) 0x83, (byte) 0x86, 0x00, 1, 'x', 0x7f});
    int rest = length - 0x7f; // The length, as HPACK writes a number above 7 bits.
    for (; rest >= 0x80; rest >>= 7) {
      block.write((rest & 0x7f) | 0x80);
    }
    block.write(rest);
    block.writeBytes("v".repeat(length).getBytes(US_ASCII));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
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

  private static void assertTlsClientFails(int port) {
    Issued ca = TestCertificates.authority("test CA").selfSigned();
    Issued own = TestCertificates.client(TestClient.IDENTITY).issuedBy(ca);
    try (TestClient client = TestClient.trusting(ca, own, port)) {
      var bank = client.bank();
      var error =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> bank.listAccounts(ListAccountsRequest.getDefaultInstance()));
      assertEquals(Status.Code.UNAVAILABLE, error.getStatus().getCode(), error::toString);
    }
  }
}
