package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What good clients do that looks like an attack, but is none: their connections stay. */
class GoodPeersIT {
  /** Fewer than may be under way, with room for one that goes on. */
  private static final int CALLS = 900;

  @TempDir static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(folder, "TLS_ENABLED=false", "HOST=*");
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  /** As when a bank that stands still lets the deadlines of all its callers run out. */
  @Test
  void calls_allUnderWayGivenUpAtOnce_connectionStays() {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (TestClient client = TestClient.plaintext(server.port())) {
      List<ClientCall<DepositRequest, DepositResponse>> calls =
          Stream.generate(() -> begun(client)).limit(CALLS).toList();
      // Comes after them on the same connection, so that the server has them.
      list(client);

      calls.forEach(call -> call.cancel("given up", null));

      list(client);
      counts.awaitAccepted(1);
    }
  }

  /** The client's end is the same of both, which is no mistake of anybody's. */
  @Test
  void connections_fromOnePortToTwoAddresses_areTwo() throws IOException {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (Socket first = new Socket();
        Socket second = new Socket()) {
      first.setReuseAddress(true);
      second.setReuseAddress(true);
      first.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      second.bind(first.getLocalSocketAddress());
      first.connect(address(1));
      second.connect(address(2));
      // Both are open before either is ready: the server speaks first.
      assertThat(first.getInputStream().read()).isNotNegative();
      assertThat(second.getInputStream().read()).isNotNegative();
      RudePeer.over(first).flush();
      RudePeer.over(second).flush();

      counts.awaitAccepted(2);
    }
  }

  private static InetSocketAddress address(int host) throws IOException {
    byte[] loopback = {127, 0, 0, (byte) host};
    return new InetSocketAddress(InetAddress.getByAddress(loopback), server.port());
  }

  private static ClientCall<DepositRequest, DepositResponse> begun(TestClient client) {
    var call = client.channel().newCall(BankServiceGrpc.getDepositMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage(TestClient.deposit("nobody", 1));
    return call;
  }

  private static void list(TestClient client) {
    assertThat(client.bank().listAccounts(ListAccountsRequest.getDefaultInstance())).isNotNull();
  }
}
