package dev.mbank.server.grpc;

import com.google.type.Money;
import dev.mbank.server.security.AccessPolicy;
import dev.mbank.server.security.Action;
import dev.mbank.server.security.PolicyInForce;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.Entry;
import dev.mbank.v1.Transaction;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * What a call pays for identity, policy, audit trail and metrics: the server's own interceptors, as
 * Spring configures them, with the shipped logs, around a handler that asks the policy and answers.
 * Nothing goes over a wire and nothing to the database.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 4, time = 2)
@Fork(1)
public class EdgeBenchmark {
  private static final String METHOD = "Deposit";

  /** JMH's tokens, of about 2 ns. */
  private static final long PAUSE = 20_000;

  /** Which interceptors the call passes. */
  @Param({"none", "caller, policy", "metrics", "audit", "these four", "all, access log too"})
  public String passes = "none";

  private ConfigurableApplicationContext bank;
  private ServerMethodDefinition<DepositRequest, DepositResponse> method;
  private Attributes connection;
  private DepositRequest request;
  private DepositResponse response;
  private PolicyInForce policy;

  /** Starts the server, on free ports, and takes its interceptors. */
  @Setup
  public void start() throws Exception {
    Path folder = Files.createTempDirectory("edge");
    Issued ca = TestCertificates.authority("CA").selfSigned();
    ca.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(ca).writeTo(folder, "server");
    bank =
        SpringApplication.run(
            Class.forName("dev.mbank.server.BankServerApplication"),
            "--PORT=0",
            "--MANAGEMENT_PORT=0",
            "--CA_FILE=" + folder.resolve("ca.crt"),
            "--CERT_FILE=" + folder.resolve("server.crt"),
            "--KEY_FILE=" + folder.resolve("server.key"),
            "--DATABASE_URL=jdbc:sqlite:" + folder.resolve("bank.db"),
            "--AUDIT_FILE=" + folder.resolve("audit.jsonl"));
    policy = bank.getBean(PolicyInForce.class);
    Caller caller = bank.getBean(Caller.class);
    Certificate client =
        TestCertificates.client("spiffe://mbank.local/client").issuedBy(ca).certificate();
    connection =
        caller.transportReady(
            Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session(client))
                .set(
                    Grpc.TRANSPORT_ATTR_REMOTE_ADDR,
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 1))
                .build());
    method = definition(interceptors());
    request =
        DepositRequest.newBuilder()
            .setRequestId(UUID.randomUUID().toString())
            .setAccountId("alice")
            .setAmount(Money.newBuilder().setCurrencyCode("EUR").setUnits(1))
            .setDescription("Salary")
            .build();
    response =
        DepositResponse.newBuilder()
            .setTransaction(
                Transaction.newBuilder()
                    .setTransactionId("tx-1")
                    .setSequence(1)
                    .setRequestId(request.getRequestId())
                    .addEntries(Entry.newBuilder().setAccountId("settlement-eur"))
                    .addEntries(Entry.newBuilder().setAccountId("alice")))
            .build();
  }

  @TearDown
  public void stop() throws IOException {
    bank.close();
  }

  /**
   * Some 25,000 calls a second, which is more than the bank does on this machine: flat out, the
   * queue before the audit file is full, and what is measured is the disk.
   */
  @Setup(Level.Invocation)
  public void pause() {
    Blackhole.consumeCPU(PAUSE);
  }

  /** A deposit, from its headers to its status. */
  @Benchmark
  public Object call() {
    AnsweredCall call = new AnsweredCall();
    ServerCall.Listener<DepositRequest> listener =
        method.getServerCallHandler().startCall(call, new Metadata());
    listener.onMessage(request);
    listener.onHalfClose();
    listener.onComplete();
    return call.status;
  }

  private List<? extends ServerInterceptor> interceptors() {
    List<ServerInterceptor> all =
        List.of(
            bank.getBean(
                io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor.class),
            bank.getBean(AccessLogInterceptor.class),
            bank.getBean(CallMeters.class),
            bank.getBean(AuditInterceptor.class),
            bank.getBean(ErrorInterceptor.class),
            bank.getBean(Caller.class));
    ServerInterceptor calls = all.get(0);
    ServerInterceptor accessLog = all.get(1);
    ServerInterceptor meters = all.get(2);
    ServerInterceptor audit = all.get(3);
    ServerInterceptor caller = all.get(5);
    return switch (passes) {
      case "none" -> List.of();
      case "caller, policy" -> List.of(caller);
      case "metrics" -> List.of(calls, meters);
      case "audit" -> List.of(audit);
      case "these four" -> List.of(calls, meters, audit, caller);
      default -> List.of(calls, accessLog, meters, audit, all.get(4), caller);
    };
  }

  /** The handler asks the policy, as the bank's does, where the caller is known. */
  @SuppressWarnings("unchecked")
  private ServerMethodDefinition<DepositRequest, DepositResponse> definition(
      List<? extends ServerInterceptor> interceptors) {
    boolean asksPolicy = interceptors.stream().anyMatch(each -> each instanceof Caller);
    MethodDescriptor<DepositRequest, DepositResponse> descriptor =
        BankServiceGrpc.getDepositMethod();
    ServerCallHandler<DepositRequest, DepositResponse> handler =
        (call, headers) ->
            new ServerCall.Listener<>() {
              @Override
              public void onHalfClose() {
                if (asksPolicy) {
                  AccessPolicy current = policy.current();
                  if (current.scope(Caller.current().identity(), Action.DEPOSIT)
                      == dev.mbank.server.security.Scope.NONE) {
                    throw new IllegalStateException("denied");
                  }
                }
                call.sendHeaders(new Metadata());
                call.sendMessage(response);
                call.close(Status.OK, new Metadata());
              }
            };
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(
                ServiceDescriptor.newBuilder(BankServiceGrpc.SERVICE_NAME)
                    .addMethod(descriptor)
                    .build())
            .addMethod(descriptor, handler)
            .build();
    // The first of the list is the outermost, as gRPC's global interceptors are ordered.
    return (ServerMethodDefinition<DepositRequest, DepositResponse>)
        ServerInterceptors.interceptForward(service, List.copyOf(interceptors))
            .getMethod(BankServiceGrpc.SERVICE_NAME + "/" + METHOD);
  }

  private static SSLSession session(Certificate peer) {
    return (SSLSession)
        Proxy.newProxyInstance(
            EdgeBenchmark.class.getClassLoader(),
            new Class<?>[] {SSLSession.class},
            (proxy, called, arguments) ->
                called.getName().equals("getPeerCertificates") ? new Certificate[] {peer} : null);
  }

  /** The transport's end of a call. */
  private final class AnsweredCall extends ServerCall<DepositRequest, DepositResponse> {
    Status status = Status.UNKNOWN;

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(DepositResponse message) {}

    @Override
    public void close(Status closed, Metadata trailers) {
      status = closed;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public Attributes getAttributes() {
      return connection;
    }

    @Override
    public MethodDescriptor<DepositRequest, DepositResponse> getMethodDescriptor() {
      return BankServiceGrpc.getDepositMethod();
    }
  }
}
