package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mbank.tls.PeerKind;
import dev.mbank.tls.ReloadingTls;
import dev.mbank.tls.TlsFiles;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * New files while calls run, at both ends. Connections live for a second only, so that each test
 * sees many handshakes with whatever is in force; and no call fails in any of it.
 */
class RotationIT {
  private static final String INTERVAL = "mbank.tls.reload-interval=50ms";
  private static final String AGE = "grpc.server.max-connection-age=1s";
  private static final Issued OLD_CA = TestCertificates.authority("bank CA").selfSigned();

  @TempDir Path serverFiles;
  @TempDir Path clientFiles;
  private RunningServer server;
  private ReloadingTls clientTls;
  private TestClient client;
  private SteadyLoad load;

  @BeforeEach
  void start() {
    OLD_CA.writeTo(serverFiles, "ca");
    TestCertificates.server().issuedBy(OLD_CA).writeTo(serverFiles, "server");
    OLD_CA.writeTo(clientFiles, "ca");
    TestCertificates.client(TestClient.IDENTITY).issuedBy(OLD_CA).writeTo(clientFiles, "client");
  }

  @AfterEach
  void stop() {
    load.close();
    client.close();
    clientTls.close();
    server.close();
    assertThat(load.failures()).isEmpty();
  }

  @Test
  void rotation_newLeafOfTheSameCa_isServedWithoutAFailedCall() {
    run(serverFiles);
    Issued next = TestCertificates.server().issuedBy(OLD_CA);

    move(next, serverFiles, "server");

    awaitServed(next);
    load.awaitMore(200);
  }

  @Test
  void rotation_newCaAtBothEnds_noCallFails() throws IOException {
    run(serverFiles);
    Issued newCa = TestCertificates.authority("bank CA").selfSigned();
    // First both are trusted everywhere, then the leaves change, then the old CA goes.
    appendCa(newCa, serverFiles);
    appendCa(newCa, clientFiles);
    awaitTrusted(server.part(ReloadingTls.class), 2);
    awaitTrusted(clientTls, 2);
    load.awaitMore(100);
    Issued nextServer = TestCertificates.server().issuedBy(newCa);
    move(nextServer, serverFiles, "server");
    move(TestCertificates.client(TestClient.IDENTITY).issuedBy(newCa), clientFiles, "client");
    awaitServed(nextServer);
    await().until(() -> signedBy(newCa, clientTls));
    awaitNextConnections();
    newCa.writeTo(serverFiles, "ca");
    newCa.writeTo(clientFiles, "ca");
    awaitTrusted(server.part(ReloadingTls.class), 1);
    awaitTrusted(clientTls, 1);
    awaitNextConnections();
    load.awaitMore(100);
  }

  @Test
  void rotation_oldCaRemoved_itsClientsFailAtTheNextHandshake() {
    run(serverFiles);
    Issued otherCa = TestCertificates.authority("branch CA").selfSigned();
    appendCa(otherCa, serverFiles);
    awaitTrusted(server.part(ReloadingTls.class), 2);
    Issued branch = TestCertificates.client(TestClient.IDENTITY).issuedBy(otherCa);
    // One context for all its connections, so that TLS sessions are cached in it.
    try (TestClient client = TestClient.trusting(OLD_CA, branch, server.port())) {
      for (int i = 0; i < 3; i++) {
        client.bank().listAccounts(ListAccountsRequest.getDefaultInstance());
        client.channel().enterIdle();
      }
      OLD_CA.writeTo(serverFiles, "ca");
      awaitTrusted(server.part(ReloadingTls.class), 1);
      client.channel().enterIdle();

      assertThatThrownBy(() -> client.bank().listAccounts(ListAccountsRequest.getDefaultInstance()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }
  }

  @Test
  void rotation_oldCaRemoved_reachesOpenConnectionsByTheirAge() {
    run(serverFiles);
    Issued otherCa = TestCertificates.authority("branch CA").selfSigned();
    appendCa(otherCa, serverFiles);
    awaitTrusted(server.part(ReloadingTls.class), 2);
    Issued branch = TestCertificates.client(TestClient.IDENTITY).issuedBy(otherCa);
    try (TestClient client = TestClient.trusting(OLD_CA, branch, server.port())) {
      client.bank().listAccounts(ListAccountsRequest.getDefaultInstance());
      OLD_CA.writeTo(serverFiles, "ca");

      await()
          .atMost(15, TimeUnit.SECONDS)
          .untilAsserted(
              () ->
                  assertThatThrownBy(
                          () ->
                              client.bank().listAccounts(ListAccountsRequest.getDefaultInstance()))
                      .hasMessageContaining("UNAVAILABLE"));
    }
  }

  @Test
  void rotation_brokenFiles_oldOnesStayInForce() throws IOException {
    run(serverFiles);
    X509Certificate before = server.part(ReloadingTls.class).inForce().chain().get(0);

    Files.writeString(serverFiles.resolve("server.crt"), "no PEM");

    await().until(() -> reloads("rejected") == 1);
    load.awaitMore(200);
    assertThat(server.part(ReloadingTls.class).inForce().chain().get(0)).isEqualTo(before);
    assertThat(reloads("accepted")).isZero();
    Issued next = TestCertificates.server().issuedBy(OLD_CA);
    move(next, serverFiles, "server");
    awaitServed(next);
  }

  @Test
  void rotation_keyAndCertificateWrittenOneAfterTheOther_bothAreTakenInTheEnd() throws IOException {
    run(serverFiles);
    Issued next = TestCertificates.server().issuedBy(OLD_CA);
    Path staged = Files.createDirectory(serverFiles.resolve("staged"));
    next.writeTo(staged, "server");

    Files.write(
        serverFiles.resolve("server.key"), Files.readAllBytes(staged.resolve("server.key")));
    await().until(() -> reloads("rejected") == 1); // A key without its certificate.
    load.awaitMore(50);
    Files.write(
        serverFiles.resolve("server.crt"), Files.readAllBytes(staged.resolve("server.crt")));

    awaitServed(next);
    load.awaitMore(100);
  }

  /** Secrets are mounted as links to a folder that is exchanged as a whole. */
  @Test
  void rotation_symbolicLinkOfKubernetesSwapped_isNoticed(@TempDir Path mount) throws IOException {
    Path first = Files.createDirectory(mount.resolve("..first"));
    Path second = Files.createDirectory(mount.resolve("..second"));
    for (Path folder : new Path[] {first, second}) {
      OLD_CA.writeTo(folder, "ca");
    }
    TestCertificates.server().issuedBy(OLD_CA).writeTo(first, "server");
    Issued next = TestCertificates.server().issuedBy(OLD_CA);
    next.writeTo(second, "server");
    Files.createSymbolicLink(mount.resolve("..data"), first.getFileName());
    for (String name : new String[] {"ca.crt", "server.crt", "server.key"}) {
      Files.createSymbolicLink(mount.resolve(name), Path.of("..data", name));
    }
    run(mount);

    Files.createSymbolicLink(mount.resolve("..data_tmp"), second.getFileName());
    Files.move(
        mount.resolve("..data_tmp"), mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);

    awaitServed(next);
    load.awaitMore(100);
  }

  private void run(Path files) {
    server = RunningServer.start(files, INTERVAL, AGE);
    TlsFiles own =
        new TlsFiles(
            clientFiles.resolve("ca.crt").toString(),
            clientFiles.resolve("client.crt").toString(),
            clientFiles.resolve("client.key").toString(),
            null);
    clientTls = new ReloadingTls(own, PeerKind.CLIENT);
    clientTls.watch(Duration.ofMillis(50));
    client =
        new TestClient(
            NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .sslContext(clientTls.context()));
    client.bank().createAccount(TestClient.opening("rotation"));
    load = new SteadyLoad(client.channel(), "rotation");
  }

  /** As {@code mv} does it: each file at once, the two one after the other. */
  private static void move(Issued next, Path folder, String name) {
    try {
      Path staged = Files.createTempDirectory(folder, "staged");
      next.writeTo(staged, name);
      for (String suffix : new String[] {".key", ".crt"}) {
        Files.move(
            staged.resolve(name + suffix),
            folder.resolve(name + suffix),
            StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void appendCa(Issued ca, Path folder) {
    try {
      Path staged = Files.createTempDirectory(folder, "staged");
      ca.writeTo(staged, "ca");
      Path bundle = staged.resolve("bundle");
      Files.writeString(
          bundle,
          Files.readString(folder.resolve("ca.crt")) + Files.readString(staged.resolve("ca.crt")));
      Files.move(bundle, folder.resolve("ca.crt"), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitServed(Issued next) {
    await()
        .atMost(10, TimeUnit.SECONDS)
        .until(
            () ->
                server
                    .part(ReloadingTls.class)
                    .inForce()
                    .chain()
                    .get(0)
                    .equals(next.certificate()));
    awaitNextConnections();
  }

  /** Waits for handshakes that began from now on. */
  private void awaitNextConnections() {
    double before = accepted();
    await().atMost(20, TimeUnit.SECONDS).until(() -> accepted() >= before + 2);
  }

  private static void awaitTrusted(ReloadingTls tls, int authorities) {
    await()
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> tls.inForce().authorities().size() == authorities);
  }

  private static boolean signedBy(Issued ca, ReloadingTls tls) {
    try {
      tls.inForce().chain().get(0).verify(ca.certificate().getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private double accepted() {
    return server
        .part(MeterRegistry.class)
        .get("mbank.tls.handshakes")
        .tag("outcome", "accepted")
        .counter()
        .count();
  }

  private double reloads(String outcome) {
    return server
        .part(MeterRegistry.class)
        .get("mbank.reloads")
        .tag("files", "tls")
        .tag("outcome", outcome)
        .counter()
        .count();
  }
}
