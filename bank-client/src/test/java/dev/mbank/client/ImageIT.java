package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.rpc.ErrorInfo;
import com.google.type.Money;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSsl;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.output.OutputFrame.OutputType;
import org.testcontainers.containers.startupcheck.IndefiniteWaitOneShotStartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.Wait;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The images in containers that are locked as far as they go, told what to do by variables only.
 * Where there is no Docker this says so and is skipped.
 */
@EnabledIf(value = "canBeBuilt", disabledReason = ImageIT.NOT_TESTED)
class ImageIT {
  static final String NOT_TESTED =
      "the images are not tested: there is no Docker, or no base to build them on, here or to be"
          + " pulled (docker/base-image.sh makes one; BASE_IMAGE is its name)";

  private static final Issued CA = TestCertificates.authority("bank CA").selfSigned();
  private static final Issued OTHER_CA = TestCertificates.authority("another CA").selfSigned();
  private static final String IDENTITY = "spiffe://mbank.local/client";
  private static final Issued CLIENT = TestCertificates.client(IDENTITY).issuedBy(CA);
  private static final int PORT = 9443;
  private static final int MANAGEMENT_PORT = 9081;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int SIGTERM = 128 + 15;

  @TempDir static Path folder;
  private static Path serverCerts;
  private static Network network;
  private static GenericContainer<?> server;

  static boolean canBeBuilt() throws Exception {
    boolean can = Images.canBeBuilt();
    if (!can) {
      System.out.println(NOT_TESTED);
    }
    return can;
  }

  @BeforeAll
  static void startServer() throws Exception {
    Images.build();
    network = Network.newNetwork();
    serverCerts = serverCerts("server");
    server = server(serverCerts).withNetwork(network).withNetworkAliases("bank");
    server.start();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.stop();
    }
    if (network != null) {
      network.close();
    }
  }

  @Test
  void client_rightCertificate_printsTheStatement() {
    try (GenericContainer<?> client = client("client", CA, CLIENT)) {
      client.start();

      assertThat(client.getLogs(OutputType.STDERR)).doesNotContain("bank-client: ");
      assertThat(client.getLogs(OutputType.STDOUT))
          .contains("TLSv1.3", "spiffe://mbank.local/client")
          .containsPattern("closing balance +50.00\n$");
      assertThat(exitCode(client)).isZero();
    }
  }

  @Test
  void client_certificateOfAnotherCa_isRefusedByTheServer() {
    Issued stranger = TestCertificates.client(IDENTITY).issuedBy(OTHER_CA);
    try (GenericContainer<?> client = client("stranger", CA, stranger)) {
      client.start();

      assertThat(client.getLogs(OutputType.STDERR)).contains("refused our certificate");
      assertThat(exitCode(client)).isEqualTo(ExitCode.CONNECTION.number());
    }
  }

  @Test
  void client_trustsAnotherCa_refusesTheServer() {
    try (GenericContainer<?> client = client("distrust", OTHER_CA, CLIENT)) {
      client.start();

      assertThat(client.getLogs(OutputType.STDERR)).contains("is not signed by the CA in CA_FILE");
      assertThat(exitCode(client)).isEqualTo(ExitCode.CONNECTION.number());
    }
  }

  @Test
  void server_noClientCertificate_refuses() throws Exception {
    ManagedChannel channel = channel(server, GrpcSslContexts.forClient());
    try {
      assertThatThrownBy(() -> listAccounts(channel))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void server_certificatesReplacedInTheMount_servesTheNewOnes() throws Exception {
    Path certs = serverCerts("rotation");
    try (GenericContainer<?> server = server(certs)) {
      server.start();
      ManagedChannel channel = channel(server, own());
      try {
        listAccounts(channel);
        Issued next = serverCertificate();
        Path staged = Files.createDirectory(folder.resolve("staged"));
        write(next, staged, "server");
        for (String name : List.of("server.key", "server.crt")) {
          Files.move(
              staged.resolve(name), certs.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }

        await()
            .atMost(PATIENCE)
            .until(
                () -> {
                  listAccounts(channel); // The connection of before goes on.
                  return served(server).equals(next.certificate());
                });
      } finally {
        channel.shutdownNow();
      }
    }
  }

  /** What was accepted is answered; what came too late was not done, and may be sent again. */
  @Test
  void server_terminatedWithCallsUnderWay_answersThemAndEnds() throws Exception {
    List<DepositRequest> requests = Stream.generate(ImageIT::deposit).limit(500).toList();
    List<Object> before;
    try (GenericContainer<?> server = server(serverCerts("end"))) {
      server.start();
      ManagedChannel channel = channel(server, own());
      try {
        var bank = BankServiceGrpc.newFutureStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
        bank.createAccount(opening()).get();
        List<ListenableFuture<DepositResponse>> calls =
            requests.stream().map(bank::deposit).toList();
        calls.get(0).get();

        docker().killContainerCmd(server.getContainerId()).withSignal("TERM").exec();

        before = calls.stream().map(ImageIT::outcome).toList();
      } finally {
        channel.shutdownNow();
      }
      await().atMost(PATIENCE).until(() -> !server.isRunning());
      assertThat(exitCode(server)).isIn(0, SIGTERM);
      assertThat(before).filteredOn(DepositResponse.class::isInstance).hasSizeGreaterThan(1);
      assertThat(before)
          .filteredOn(outcome -> !(outcome instanceof DepositResponse)) // None, if it was quick.
          .allMatch("STORE_UNAVAILABLE"::equals);

      docker().startContainerCmd(server.getContainerId()).exec();
      ManagedChannel again = channel(server, own());
      try {
        var bank =
            BankServiceGrpc.newFutureStub(again)
                .withWaitForReady()
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        List<Object> after = requests.stream().map(bank::deposit).map(ImageIT::outcome).toList();
        assertThat(after).hasOnlyElementsOfType(DepositResponse.class).doesNotHaveDuplicates();
        for (int i = 0; i < before.size(); i++) {
          if (before.get(i) instanceof DepositResponse) {
            assertThat(after.get(i)).isEqualTo(before.get(i));
          }
        }
      } finally {
        again.shutdownNow();
      }
    }
  }

  /** With this option a JVM that cannot use its cache, as it is and as the image is, ends. */
  @Test
  void server_cacheOfItsClasses_isInForce() throws Exception {
    try (GenericContainer<?> server =
        server(serverCerts("start")).withEnv("JAVA_TOOL_OPTIONS", "-XX:AOTMode=on")) {
      server.start();

      Instant started = Instant.parse(server.getCurrentContainerInfo().getState().getStartedAt());
      JsonNode ready =
          lines(server).stream()
              .filter(line -> line.path("message").asString().startsWith("bank-server ready"))
              .findFirst()
              .orElseThrow();
      Instant then = Instant.parse(ready.path("@timestamp").asString());
      System.out.println(
          "bank-server's container was ready after " + Duration.between(started, then));
    }
  }

  @Test
  void server_log_isEcsLineByLine() throws Exception {
    ManagedChannel channel = channel(server, own());
    try {
      listAccounts(channel);
    } finally {
      channel.shutdownNow();
    }

    await()
        .atMost(PATIENCE)
        .until(
            () ->
                lines(server).stream()
                    .anyMatch(
                        line ->
                            line.path("log").path("logger").asString().equals("mbank.access")
                                && line.path("message").asString().contains("ListAccounts")));
    assertThat(lines(server))
        .allSatisfy(
            line -> {
              assertThat(line.path("ecs").path("version").asString()).startsWith("8.");
              assertThat(line.path("service").path("name").asString()).isEqualTo("bank-server");
            });
    assertThat(server.getLogs(OutputType.STDERR)).isEmpty();
  }

  @Test
  void server_healthCheck_isHealthy() {
    await().atMost(PATIENCE).until(server::isHealthy);
  }

  @Test
  void server_sbom_isServed() throws Exception {
    URI uri =
        URI.create(
            "http://%s:%d/actuator/sbom/application"
                .formatted(server.getHost(), server.getMappedPort(MANAGEMENT_PORT)));
    try (InputStream body = uri.toURL().openStream()) {
      JsonNode sbom = JsonMapper.shared().readTree(body);
      assertThat(sbom.path("bomFormat").asString()).isEqualTo("CycloneDX");
      assertThat(sbom.path("components").findValuesAsString("name"))
          .contains("grpc-netty-shaded", "sqlite-jdbc", "postgresql");
    }
  }

  @Test
  void images_settings_areThoseOfARestrictedPod() {
    for (String program : List.of("bank-server", "bank-client")) {
      var config = docker().inspectImageCmd(Images.name(program)).exec().getConfig();
      assertThat(config).isNotNull();
      assertThat(config.getUser()).isEqualTo("10001:10001");
      assertThat(config.getEntrypoint()).startsWith("java").doesNotContain("sh", "-c");
      assertThat(config.getLabels())
          .containsEntry("org.opencontainers.image.title", program)
          .containsEntry("org.opencontainers.image.licenses", "Apache-2.0")
          .containsKeys(
              "org.opencontainers.image.description",
              "org.opencontainers.image.version",
              "org.opencontainers.image.revision",
              "org.opencontainers.image.source");
    }
  }

  /** Also of what a later layer removed again. */
  @Test
  void images_layers_haveNoPrivateKey() throws Exception {
    Set<String> ofNetty;
    // It probes what its TLS library can with a key of its own, which is in the cache of classes.
    try (InputStream probe = OpenSsl.class.getResourceAsStream("OpenSsl.class")) {
      ofNetty = PrivateKeys.of(probe);
    }
    assertThat(ofNetty).hasSize(1);
    for (String program : List.of("bank-server", "bank-client", "certs")) {
      try (InputStream image = docker().saveImageCmd(Images.name(program)).exec()) {
        assertThat(PrivateKeys.in(image)).as(program).isSubsetOf(ofNetty);
      }
    }
  }

  private static GenericContainer<?> server(Path certs) {
    return Images.container(
            "bank-server",
            certs,
            Map.of(
                "PORT", "" + PORT,
                "MANAGEMENT_PORT", "" + MANAGEMENT_PORT,
                "CERT_FILE", "/certs/server.crt",
                "KEY_FILE", "/certs/server.key",
                "DATABASE_URL", "jdbc:sqlite:/app/data/other.db"))
        .withExposedPorts(PORT, MANAGEMENT_PORT)
        .waitingFor(Wait.forLogMessage(".*bank-server ready.*", 1).withStartupTimeout(PATIENCE));
  }

  private static GenericContainer<?> client(String name, Issued ca, Issued own) {
    Path certs = newFolder(name);
    write(ca, certs, "ca");
    write(own, certs, "client");
    return Images.container(
            "bank-client",
            certs,
            Map.of(
                "HOST", "bank",
                "PORT", "" + PORT,
                "CERT_FILE", "/certs/client.crt",
                "KEY_FILE", "/certs/client.key"))
        .withNetwork(network)
        .withStartupCheckStrategy(new Ended());
  }

  private static Issued serverCertificate() {
    return TestCertificates.server().dns("bank").issuedBy(CA);
  }

  private static Path serverCerts(String name) {
    Path certs = newFolder(name);
    write(CA, certs, "ca");
    write(serverCertificate(), certs, "server");
    return certs;
  }

  private static Path newFolder(String name) {
    try {
      // The folder of the test is its user's only.
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      return Files.setPosixFilePermissions(
          Files.createDirectory(folder.resolve(name)),
          PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For everybody to read, since whoever runs the test may not give a file to another user. */
  private static void write(Issued issued, Path certs, String name) {
    issued.writeTo(certs, name);
    try {
      Files.setPosixFilePermissions(
          certs.resolve(name + ".key"), PosixFilePermissions.fromString("rw-r--r--"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ManagedChannel channel(GenericContainer<?> server, SslContextBuilder tls)
      throws Exception {
    return NettyChannelBuilder.forAddress("127.0.0.1", port(server))
        .sslContext(tls.trustManager(CA.certificate()).build())
        .build();
  }

  /** As it is now: another start has another. */
  private static int port(GenericContainer<?> server) {
    var ports = server.getCurrentContainerInfo().getNetworkSettings().getPorts().getBindings();
    return Integer.parseInt(ports.get(ExposedPort.tcp(PORT))[0].getHostPortSpec());
  }

  private static SslContextBuilder own() {
    return GrpcSslContexts.forClient().keyManager(CLIENT.key(), CLIENT.chain());
  }

  private static void listAccounts(ManagedChannel channel) {
    BankServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .listAccounts(ListAccountsRequest.getDefaultInstance());
  }

  /** The answer, or the contract's reason why there is none. */
  private static Object outcome(ListenableFuture<DepositResponse> call) {
    try {
      return call.get();
    } catch (ExecutionException e) {
      ErrorInfo info = ErrorDetails.of((StatusRuntimeException) e.getCause()).info();
      return info == null ? e.getCause().toString() : info.getReason();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private static CreateAccountRequest opening() {
    return CreateAccountRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setAccountId("in-flight")
        .setCurrencyCode("EUR")
        .build();
  }

  private static DepositRequest deposit() {
    return DepositRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setAccountId("in-flight")
        .setAmount(Money.newBuilder().setCurrencyCode("EUR").setUnits(1))
        .build();
  }

  private static List<JsonNode> lines(GenericContainer<?> server) {
    return server.getLogs(OutputType.STDOUT).lines().map(JsonMapper.shared()::readTree).toList();
  }

  /** What a new connection is shown, which has no certificate of its own. */
  private static X509Certificate served(GenericContainer<?> server) throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket("127.0.0.1", server.getMappedPort(PORT))) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private static int exitCode(GenericContainer<?> container) {
    return Math.toIntExact(container.getCurrentContainerInfo().getState().getExitCodeLong());
  }

  private static DockerClient docker() {
    return DockerClientFactory.instance().client();
  }

  /** Is started once it has ended, with whichever exit code. */
  private static final class Ended extends IndefiniteWaitOneShotStartupCheckStrategy {
    @Override
    public StartupStatus checkStartupState(DockerClient docker, String id) {
      StartupStatus status = super.checkStartupState(docker, id);
      return status == StartupStatus.FAILED ? StartupStatus.SUCCESSFUL : status;
    }
  }
}
