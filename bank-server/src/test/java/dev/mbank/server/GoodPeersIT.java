package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.GetStatementRequest;
import dev.mbank.v1.GetStatementResponse;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
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
    server =
        RunningServer.start(folder, "TLS_ENABLED=false", "HOST=*", "mbank.grpc.peer-timeout=8s");
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

  /** Seven megabytes, which take longer than the timeout of a peer that reads nothing. */
  @Test
  void answers_readSteadilyOverASlowLine_allArrive() throws Exception {
    try (TestClient client = TestClient.plaintext(server.port())) {
      var unused = client.bank().createAccount(TestClient.opening("large"));
      DepositRequest deposit =
          TestClient.deposit("large", 1).toBuilder().setDescription("ä".repeat(256)).build();
      for (ListenableFuture<DepositResponse> each :
          Stream.generate(() -> deposit.toBuilder().setRequestId(UUID.randomUUID().toString()))
              .limit(900)
              .map(request -> client.bankAsync().deposit(request.build()))
              .toList()) {
        each.get();
      }
    }
    GetStatementRequest page =
        GetStatementRequest.newBuilder().setAccountId("large").setPageSize(900).build();
    try (SlowLine line = new SlowLine(server.port(), 600_000);
        TestClient client = TestClient.plaintext(line.port())) {
      var answers = Stream.generate(() -> client.bankAsync().getStatement(page)).limit(14).toList();
      for (ListenableFuture<GetStatementResponse> answer : answers) {
        assertThat(answer.get().getEntriesList()).hasSize(900);
      }
    }
  }

  /** The smallest limit makes one byte too much: but one answer may always wait. */
  @Test
  void reads_besidesAWatchOfHealth_areAnswered(@TempDir Path other) {
    try (RunningServer tight =
            RunningServer.start(other, "TLS_ENABLED=false", "mbank.grpc.max-unread=1B");
        TestClient client = TestClient.plaintext(tight.port())) {
      var watch =
          HealthGrpc.newBlockingStub(client.channel())
              .watch(HealthCheckRequest.getDefaultInstance());
      assertThat(watch.next()).isNotNull();

      list(client);
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
