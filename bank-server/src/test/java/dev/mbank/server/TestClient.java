package dev.mbank.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.type.Money;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.BankServiceGrpc.BankServiceBlockingStub;
import dev.mbank.v1.BankServiceGrpc.BankServiceFutureStub;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.protobuf.StatusProto;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** A connection of a test's own to a server, and the requests that tests send over it. */
final class TestClient implements AutoCloseable {
  /** The identity that application.yml grants a role. */
  static final String IDENTITY = "spiffe://mbank.local/client";

  private static final long DEADLINE_SECONDS = 20;

  private final ManagedChannel channel;

  TestClient(NettyChannelBuilder builder) {
    channel = builder.build();
  }

  /** Trusts a CA and shows a certificate of its own. */
  static TestClient trusting(Issued ca, Issued own, int port) {
    return new TestClient(builder(port, tls(ca).keyManager(own.key(), own.chain())));
  }

  static TestClient plaintext(int port) {
    return new TestClient(NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext());
  }

  static SslContextBuilder tls(Issued ca) {
    return GrpcSslContexts.forClient().trustManager(ca.certificate());
  }

  static NettyChannelBuilder builder(int port, SslContextBuilder tls) {
    try {
      return NettyChannelBuilder.forAddress("127.0.0.1", port).sslContext(tls.build());
    } catch (SSLException e) {
      throw new IllegalStateException(e);
    }
  }

  ManagedChannel channel() {
    return channel;
  }

  BankServiceBlockingStub bank() {
    return BankServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  BankServiceFutureStub bankAsync() {
    return BankServiceGrpc.newFutureStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  ServingStatus health(String service) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  static CreateAccountRequest opening(String account) {
    return CreateAccountRequest.newBuilder()
        .setRequestId(UUID.nameUUIDFromBytes(account.getBytes(UTF_8)).toString())
        .setAccountId(account)
        .setCurrencyCode("EUR")
        .build();
  }

  /** A deposit with a request id of its own. */
  static DepositRequest deposit(String account, long euros) {
    return DepositRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setAccountId(account)
        .setAmount(Money.newBuilder().setCurrencyCode("EUR").setUnits(euros))
        .build();
  }

  /** The contract's reason for an error. */
  static String reason(StatusRuntimeException error) {
    try {
      for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          return detail.unpack(ErrorInfo.class).getReason();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
    return "none: " + Status.fromThrowable(error);
  }
}
