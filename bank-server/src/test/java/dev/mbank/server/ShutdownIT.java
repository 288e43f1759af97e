package dev.mbank.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.util.concurrent.ListenableFuture;
import dev.mbank.server.commit.ForwardingBatch;
import dev.mbank.server.commit.GroupCommitWriter;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.GetBalanceRequest;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.config.BeanPostProcessor;

/** A shutdown while calls are under way, of which the first is in the store's commit. */
class ShutdownIT {
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);
  private static final String ACCOUNT = "in-flight";
  private static final int CALLS = 20;

  @TempDir Path folder;
  private final Gate gate = new Gate();

  @BeforeEach
  void makeCertificates() {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
  }

  @Test
  void shutdown_callsInFlight_areAnsweredAndDurable() throws Exception {
    List<DepositRequest> requests = new ArrayList<>();
    for (int i = 1; i <= CALLS; i++) {
      requests.add(TestClient.deposit(ACCOUNT, i));
    }
    List<DepositResponse> answered = new ArrayList<>();
    try (RunningServer server = RunningServer.start(folder, gatedStore());
        TestClient client = TestClient.trusting(CA, CLIENT, server.port())) {
      client.bank().createAccount(TestClient.opening(ACCOUNT));
      Watch watch = new Watch(client);
      await().until(() -> watch.lastIs(ServingStatus.SERVING));

      gate.close();
      var bank = client.bankAsync();
      List<ListenableFuture<DepositResponse>> calls = new ArrayList<>();
      calls.add(bank.deposit(requests.get(0)));
      assertThat(gate.reached.await(20, SECONDS)).as("the first is in its commit").isTrue();
      requests.stream().skip(1).map(bank::deposit).forEach(calls::add);
      GroupCommitWriter writer = server.part(GroupCommitWriter.class);
      await().until(() -> writer.pending() == CALLS);

      CompletableFuture<Void> shutdown = CompletableFuture.runAsync(server::close);
      await().until(() -> watch.lastIs(ServingStatus.NOT_SERVING));
      await().untilAsserted(() -> assertRefusesConnections(server.port()));
      assertThat(calls).noneMatch(ListenableFuture::isDone);
      assertThat(shutdown).isNotDone();

      await().until(watch::ended);
      gate.open();
      for (ListenableFuture<DepositResponse> call : calls) {
        answered.add(call.get(20, SECONDS));
      }
      assertThat(shutdown).succeedsWithin(Duration.ofSeconds(10));
    }

    try (RunningServer server = RunningServer.start(folder);
        TestClient client = TestClient.trusting(CA, CLIENT, server.port())) {
      assertBalance(client);
      for (int i = 0; i < CALLS; i++) {
        assertEquals(answered.get(i), client.bank().deposit(requests.get(i)));
      }
      assertBalance(client);
    }
  }

  private static void assertBalance(TestClient client) {
    var request = GetBalanceRequest.newBuilder().setAccountId(ACCOUNT).build();
    var balance = client.bank().getBalance(request).getBalance();
    assertEquals(CALLS * (CALLS + 1) / 2, balance.getPosted().getUnits());
    assertEquals(1 + CALLS, balance.getSequence());
  }

  private static void assertRefusesConnections(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      throw new AssertionError("connected: " + socket);
    } catch (ConnectException e) {
      // Refused.
    }
  }

  private BeanPostProcessor gatedStore() {
    return new BeanPostProcessor() {
      @Override
      public Object postProcessAfterInitialization(Object bean, String name) {
        return name.equals("ledgerStore") ? new GatedStore((LedgerStore) bean, gate) : bean;
      }
    };
  }

  /** What the health service says of the bank, from now on. */
  private static final class Watch implements StreamObserver<HealthCheckResponse> {
    private final List<ServingStatus> told = new CopyOnWriteArrayList<>();
    private volatile boolean ended;

    Watch(TestClient client) {
      var request =
          HealthCheckRequest.newBuilder().setService(BankServiceGrpc.SERVICE_NAME).build();
      HealthGrpc.newStub(client.channel()).watch(request, this);
    }

    boolean lastIs(ServingStatus status) {
      return !told.isEmpty() && told.get(told.size() - 1) == status;
    }

    boolean ended() {
      return ended;
    }

    @Override
    public void onNext(HealthCheckResponse response) {
      told.add(response.getStatus());
    }

    @Override
    public void onError(Throwable failure) {
      ended = true;
    }

    @Override
    public void onCompleted() {}
  }

  /** Open at first; whoever comes to it while it is closed waits. */
  private static final class Gate {
    final CountDownLatch reached = new CountDownLatch(1);
    private volatile CountDownLatch opened = new CountDownLatch(0);

    void close() {
      opened = new CountDownLatch(1);
    }

    void open() {
      opened.countDown();
    }

    void pass() {
      CountDownLatch ahead = opened;
      if (ahead.getCount() > 0) {
        reached.countDown();
      }
      try {
        ahead.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** A store with a gate before each commit. */
  private record GatedStore(LedgerStore store, Gate gate) implements LedgerStore {
    @Override
    public Batch begin() {
      return new ForwardingBatch(store.begin()) {
        @Override
        public void commit() {
          gate.pass();
          super.commit();
        }
      };
    }
  }
}
