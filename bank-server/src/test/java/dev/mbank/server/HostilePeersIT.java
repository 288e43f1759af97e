package dev.mbank.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.mbank.server.security.Connections;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.GetStatementRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What peers can do to the server that mean no good, alone on one machine. During each attack a
 * good client's calls all succeed, on a connection that it has and on new ones; after it the
 * attackers are gone within a stated time, and memory is what it was, give or take a bound.
 */
class HostilePeersIT {
  private static final Issued CA = TestCertificates.authority("mbank test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);
  private static final SSLContext TLS = RudePeer.tls(CA, CLIENT);

  /** For what needs no timeout: bounds are for a machine that has other things to do. */
  private static final Duration AT_ONCE = Duration.ofSeconds(8);

  /** For what a timeout of the settings below ends. */
  private static final Duration AFTER_TIMEOUT = Duration.ofSeconds(12);

  private static final int MAX_GROWTH_MIB = 64;
  private static final int ENTRIES = 1000;
  private static final byte[] CANCEL = {0, 0, 0, 8};

  @TempDir static Path folder;
  private static RunningServer server;
  private static GoodClient good;

  @BeforeAll
  static void start() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    server =
        RunningServer.start(
            folder,
            "mbank.grpc.handshake-timeout=2s",
            "mbank.grpc.peer-timeout=4s",
            "mbank.grpc.max-unread-per-connection=4MB",
            "mbank.grpc.max-unread=16MB",
            "logging.level.mbank.access=WARN");
    try (TestClient client = TestClient.trusting(CA, CLIENT, server.port())) {
      var unused = client.bank().createAccount(TestClient.opening("large"));
      DepositRequest.Builder deposit =
          TestClient.deposit("large", 1).toBuilder().setDescription("ä".repeat(256));
      for (int i = 0; i < ENTRIES; i += 100) {
        List<ListenableFuture<DepositResponse>> answers =
            Stream.generate(() -> deposit.setRequestId(UUID.randomUUID().toString()).build())
                .limit(100)
                .map(client.bankAsync()::deposit)
                .toList();
        for (ListenableFuture<DepositResponse> answer : answers) {
          answer.get();
        }
      }
    }
    good = new GoodClient(CA, CLIENT, server.port());
  }

  @AfterAll
  static void stop() {
    if (good != null) {
      good.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private interface Attack {
    void run(List<AutoCloseable> peers) throws Exception;
  }

  /** What is said before a handshake is done. */
  enum Opening {
    SILENCE(""),
    HALF_A_CLIENT_HELLO("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
    PLAINTEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
    HTTP1("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

    private final String text;

    Opening(String text) {
      this.text = text;
    }
  }

  @ParameterizedTest
  @EnumSource
  void handshakes_aThousandHalfOpen_areClosed(Opening opening) throws Exception {
    withstand(
        AFTER_TIMEOUT,
        peers -> {
          for (int i = 0; i < 1000; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
            peers.add(socket);
            socket.getOutputStream().write(opening.text.getBytes(ISO_8859_1));
          }
        });
  }

  @Test
  void handshakes_garbage_areClosed() throws Exception {
    Random random = new Random(1);
    withstand(
        AFTER_TIMEOUT,
        peers -> {
          for (int i = 0; i < 200; i++) {
            byte[] garbage = new byte[1 + random.nextInt(4096)];
            random.nextBytes(garbage);
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
            peers.add(socket);
            write(() -> socket.getOutputStream().write(garbage));
          }
        });
  }

  @Test
  void connections_silentAfterHandshake_areClosed() throws Exception {
    withstand(
        AFTER_TIMEOUT,
        peers -> {
          for (int i = 0; i < 30; i++) {
            peers.add(RudePeer.afterHandshake(TLS, server.port()));
          }
        });
  }

  @Test
  void resets_flood_closesConnection() throws Exception {
    flood(
        true,
        (peer, i) ->
            peer.call(stream(i), "GetStatement", statement(1000))
                .frame(RudePeer.RST_STREAM, 0, stream(i), CANCEL));
  }

  /** What makes the server reset a stream. */
  static Stream<Arguments> provocations() {
    byte[] head = RudePeer.head("GetStatement");
    return Stream.of(
        frame("window update of nothing", RudePeer.WINDOW_UPDATE, new byte[4]),
        frame("window update too large", RudePeer.WINDOW_UPDATE, new byte[] {0x7f, -1, -1, -1}),
        frame("data after the end", RudePeer.DATA, new byte[1]),
        frame("empty data after the end", RudePeer.DATA),
        frame("headers after the end", RudePeer.HEADERS, head),
        frame("priority of a wrong length", RudePeer.PRIORITY, new byte[1]));
  }

  private static Arguments frame(String what, int type, byte... payload) {
    return Arguments.of(what, type, payload);
  }

  /** MadeYouReset: the calls are being worked at when the server resets their streams. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("provocations")
  void resetsByServer_flood_closesConnection(String what, int type, byte[] payload)
      throws Exception {
    int flags = type == RudePeer.HEADERS ? RudePeer.END_HEADERS : 0;
    flood(
        true,
        (peer, i) ->
            peer.call(stream(i), "GetStatement", statement(1000))
                .frame(type, flags, stream(i), payload));
  }

  /** Each frame is answered by a reset, of a stream that ended with the first call. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void data_forAStreamThatIsGone_closesConnection(boolean reading) throws Exception {
    flood(
        reading,
        (peer, i) -> {
          if (i == 0) {
            peer.call(1, "Deposit", new byte[1]);
          }
          peer.frame(RudePeer.DATA, 0, 1, new byte[1]);
        });
  }

  /** Frames that want an answer, or just work. */
  enum Control {
    PING(RudePeer.PING, 0, 8),
    SETTINGS(RudePeer.SETTINGS, 0, 6),
    PRIORITY(RudePeer.PRIORITY, 1, 5),
    UNKNOWN(RudePeer.UNKNOWN, 0, 1000);

    private final int type;
    private final int stream;
    private final int size;

    Control(int type, int stream, int size) {
      this.type = type;
      this.stream = stream;
      this.size = size;
    }
  }

  @ParameterizedTest
  @EnumSource
  void control_flood_closesConnection(Control control) throws Exception {
    flood(true, (peer, i) -> peer.frame(control.type, 0, control.stream, new byte[control.size]));
  }

  @ParameterizedTest
  @EnumSource
  void control_floodWithoutReading_closesConnection(Control control) throws Exception {
    flood(false, (peer, i) -> peer.frame(control.type, 0, control.stream, new byte[control.size]));
  }

  @Test
  void data_emptyFlood_closesConnection() throws Exception {
    flood(
        true,
        (peer, i) -> {
          if (i == 0) {
            peer.call(1, "Deposit");
          }
          peer.frame(RudePeer.DATA, 0, 1);
        });
  }

  @Test
  void headers_tooLarge_closeConnection() throws Exception {
    flood(true, (peer, i) -> peer.call(stream(i), "GetBalance", "x-large", "x".repeat(9_000)));
  }

  @Test
  void headers_continuedForEver_closeConnection() throws Exception {
    flood(
        true,
        (peer, i) -> {
          if (i == 0) {
            peer.frame(RudePeer.HEADERS, 0, 1, RudePeer.head("Deposit"));
          }
          peer.frame(RudePeer.CONTINUATION, 0, 1, RudePeer.head("Deposit"));
        });
  }

  @Test
  void headers_continuedByNothing_closeConnection() throws Exception {
    flood(
        true,
        (peer, i) -> {
          if (i == 0) {
            peer.frame(RudePeer.HEADERS, 0, 1, RudePeer.head("Deposit"));
          }
          peer.frame(RudePeer.CONTINUATION, 0, 1);
        });
  }

  @Test
  void messages_tooLarge_closeConnection() throws Exception {
    flood(
        true,
        (peer, i) ->
            peer.call(stream(i), "Deposit")
                .frame(RudePeer.DATA, 0, stream(i), new byte[] {0, 0x7f, 0, 0, 0})
                .frame(RudePeer.DATA, 0, stream(i), new byte[16_000]));
  }

  /** A thousand messages of which the last byte never comes. */
  @Test
  void requests_neverFinished_closeConnection() throws Exception {
    withstand(
        AFTER_TIMEOUT,
        peers -> {
          RudePeer peer = RudePeer.connected(TLS, server.port());
          peers.add(peer);
          reading(peer);
          for (int i = 0; i < 900; i++) {
            peer.call(stream(i), "Deposit");
            peer.frame(RudePeer.DATA, 0, stream(i), new byte[] {0, 0, 0, 4, 0});
            peer.frame(RudePeer.DATA, 0, stream(i), new byte[1000]).flush();
          }
        });
  }

  /** Four connections ask for answers of half a megabyte, 200 each, and read none. */
  @Test
  void answers_neverRead_closeConnection() throws Exception {
    withstand(
        AFTER_TIMEOUT,
        peers -> {
          for (int n = 0; n < 4; n++) {
            RudePeer peer = RudePeer.connected(TLS, server.port());
            peers.add(peer);
            for (int i = 0; i < 200; i++) {
              peer.call(stream(i), "GetStatement", statement(ENTRIES));
            }
            peer.flush();
          }
        });
  }

  /** The same, but reads what comes; only no window is ever opened for more. */
  @Test
  void answers_withoutWindow_closeConnection() throws Exception {
    withstand(
        AFTER_TIMEOUT,
        peers -> {
          for (int n = 0; n < 4; n++) {
            RudePeer peer = RudePeer.connected(TLS, server.port());
            peers.add(peer);
            reading(peer);
            for (int i = 0; i < 200; i++) {
              peer.call(stream(i), "GetStatement", statement(ENTRIES));
            }
            peer.flush();
          }
        });
  }

  private interface Frames {
    void add(RudePeer peer, int i);
  }

  /** Sends frames for a few seconds, or until the connection is closed, which is to come first. */
  private static void flood(boolean reading, Frames frames) throws Exception {
    withstand(
        AT_ONCE,
        peers -> {
          RudePeer peer = RudePeer.connected(TLS, server.port());
          peers.add(peer);
          if (reading) {
            reading(peer);
          }
          // What does not read may find its writes blocked until the server gives up.
          background(
              () -> {
                long end = System.nanoTime() + AT_ONCE.plusSeconds(2).toNanos();
                for (int i = 0; System.nanoTime() - end < 0; i++) {
                  frames.add(peer, i);
                  if (i % 20 == 0) {
                    peer.flush();
                  }
                }
              });
        });
  }

  private static void withstand(Duration bound, Attack attack) throws Exception {
    Connections connections = server.part(Connections.class);
    await().until(() -> connections.count() <= 1);
    Memory before = Memory.afterCollection();
    AtomicLong buffers = new AtomicLong();
    long calls = good.answered();
    List<AutoCloseable> peers = new ArrayList<>();
    try {
      attack.run(peers);
      await()
          .atMost(bound)
          .until(
              () -> {
                buffers.accumulateAndGet(Memory.now().buffers(), Math::max);
                return connections.count() <= 1;
              });
    } finally {
      for (AutoCloseable peer : peers) {
        peer.close();
      }
    }
    await().until(() -> good.answered() > calls + 20);
    Memory after = Memory.afterCollection();
    assertThat(good.failures()).isEmpty();
    assertThat(buffers).as("MiB of buffers").hasValueLessThan(before.buffers() + MAX_GROWTH_MIB);
    assertThat(after.heap()).as("MiB of heap").isLessThan(before.heap() + MAX_GROWTH_MIB);
  }

  private static void reading(RudePeer peer) {
    background(peer::readAll);
  }

  private interface Io {
    void run() throws IOException;
  }

  private static void background(Io work) {
    Thread thread = new Thread(() -> write(work), "rude");
    thread.setDaemon(true);
    thread.start();
  }

  /** Writing to what the server has closed fails, which is as it should be. */
  private static void write(Io work) {
    try {
      work.run();
    } catch (IOException e) {
      // Closed.
    }
  }

  private static int stream(int i) {
    return 2 * i + 1;
  }

  private static byte[] statement(int entries) {
    return GetStatementRequest.newBuilder()
        .setAccountId("large")
        .setPageSize(entries)
        .build()
        .toByteArray();
  }
}
