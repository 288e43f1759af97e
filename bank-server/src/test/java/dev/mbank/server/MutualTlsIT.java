package dev.mbank.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
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
import io.grpc.reflection.v1alpha.ServerReflectionGrpc;
import io.grpc.reflection.v1alpha.ServerReflectionRequest;
import io.grpc.reflection.v1alpha.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Banking over mutual TLS. Who is refused, and how, is in {@link MtlsMatrixIT} and its likes. */
class MutualTlsIT {
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    server = RunningServer.start(folder);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
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

  private static TestClient goodClient() {
    return TestClient.trusting(CA, CLIENT, server.port());
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
}
