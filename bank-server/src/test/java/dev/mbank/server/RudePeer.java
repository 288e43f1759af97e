package dev.mbank.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.mbank.tls.fixtures.TestCertificates.Issued;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Speaks HTTP/2 by hand (RFC 9113) over TLS with a good certificate, and so as rudely as it likes:
 * no library would send what it sends. Headers are HPACK literals (RFC 7541, section 6.2.2).
 */
final class RudePeer implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int UNKNOWN = 0x7f;

  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  private final Socket socket;
  private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();

  private RudePeer(Socket socket) {
    this.socket = socket;
  }

  /** Shakes hands, and says nothing more. */
  static RudePeer afterHandshake(SSLContext tls, int port) {
    try {
      SSLSocket socket =
          (SSLSocket) tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return new RudePeer(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Begins a connection as anybody would. */
  static RudePeer connected(SSLContext tls, int port) throws IOException {
    RudePeer peer = afterHandshake(tls, port).opened();
    peer.flush();
    return peer;
  }

  /** Begins without TLS, over a socket that is connected. */
  static RudePeer over(Socket socket) {
    return new RudePeer(socket).opened();
  }

  private RudePeer opened() {
    unsent.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
    return frame(SETTINGS, 0, 0);
  }

  static SSLContext tls(Issued ca, Issued own) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("ca", ca.certificate());
      store.setKeyEntry("own", own.key(), new char[0], own.chain());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, new char[0]);
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A frame, which {@link #flush} sends. */
  RudePeer frame(int type, int flags, int stream, byte... payload) {
    unsent.writeBytes(
        ByteBuffer.allocate(9)
            .putInt((payload.length << 8) | type)
            .put((byte) flags)
            .putInt(stream)
            .array());
    unsent.writeBytes(payload);
    return this;
  }

  /** The head of a call. */
  RudePeer call(int stream, String method, String... more) {
    return frame(HEADERS, END_HEADERS, stream, head(method, more));
  }

  /** A call with its message. */
  RudePeer call(int stream, String method, byte[] message) {
    byte[] prefixed =
        ByteBuffer.allocate(5 + message.length)
            .put((byte) 0)
            .putInt(message.length)
            .put(message)
            .array();
    return call(stream, method).frame(DATA, END_STREAM, stream, prefixed);
  }

  void flush() throws IOException {
    socket.getOutputStream().write(unsent.toByteArray());
    unsent.reset();
  }

  /** Reads and forgets whatever comes, until the connection is closed. */
  void readAll() {
    try {
      byte[] any = new byte[1 << 16];
      while (socket.getInputStream().read(any) >= 0) {
        // Forgotten.
      }
    } catch (IOException e) {
      // Closed as well.
    }
  }

  static byte[] head(String method, String... more) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    literal(block, ":method", "POST");
    literal(block, ":scheme", "https");
    literal(block, ":path", "/mbank.v1.BankService/" + method);
    literal(block, ":authority", "localhost");
    literal(block, "content-type", "application/grpc");
    literal(block, "te", "trailers");
    for (int i = 0; i < more.length; i += 2) {
      literal(block, more[i], more[i + 1]);
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String name, String value) {
    block.write(0);
    string(block, name);
    string(block, value);
  }

  private static void string(ByteArrayOutputStream block, String text) {
    int rest = text.length() - 127;
    block.write(rest < 0 ? text.length() : 127);
    for (; rest >= 0; rest = rest < 128 ? -1 : rest >> 7) {
      block.write(rest < 128 ? rest : (rest & 127) | 128);
    }
    block.writeBytes(text.getBytes(US_ASCII));
  }

  /** Hangs up without TLS's goodbye, for which nobody may wait. */
  @Override
  public void close() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It is gone.
    }
  }
}
