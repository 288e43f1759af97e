package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What DATABASE_URL says to PostgreSQL's driver holds from the first connection on. */
class DatabaseUrlIT {
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);

  @TempDir Path folder;

  @BeforeEach
  void writeCertificates() {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
  }

  @Test
  void start_standbyIsNamedFirst_findsThePrimary() throws Exception {
    try (PostgresProcess primary = PostgresProcess.start(folder.resolve("primary"))) {
      primary.stop("fast");
      try (PostgresProcess standby = primary.standby(folder.resolve("standby"))) {
        primary.start();
        standby.start();
        String hosts = "127.0.0.1:" + standby.port() + ",127.0.0.1:" + primary.port();
        startAndBank(PostgresProcess.url(hosts)); // An empty database,
        startAndBank(PostgresProcess.url(hosts)); // and one with a journal.
      }
    }
  }

  @Test
  void start_databaseWithTls_isReachedByTheDriversParameters() throws Exception {
    try (PostgresProcess postgres =
        PostgresProcess.start(
            folder.resolve("postgres"),
            "ssl = on",
            "ssl_cert_file = '" + folder.resolve("server.crt") + "'",
            "ssl_key_file = '" + folder.resolve("server.key") + "'")) {
      startAndBank(postgres.url() + "&sslmode=verify-full&sslrootcert=" + folder.resolve("ca.crt"));
    }
  }

  @Test
  void start_databaseComesUpLater_waitsForIt() throws Exception {
    ExecutorService starter = Executors.newSingleThreadExecutor();
    try (PostgresProcess postgres = PostgresProcess.start(folder.resolve("postgres"))) {
      postgres.stop("fast");
      Future<?> start;
      InetAddress here = InetAddress.getLoopbackAddress();
      try (ServerSocket down = new ServerSocket(postgres.port(), 1, here)) {
        start =
            starter.submit(
                () -> {
                  startAndBank(postgres.url());
                  return null;
                });
        down.accept().close(); // It has tried, and there is no database.
      }
      postgres.start();
      start.get(60, TimeUnit.SECONDS);
    } finally {
      starter.shutdownNow();
    }
  }

  private void startAndBank(String url) throws Exception {
    try (RunningServer server = RunningServer.start(folder, "mbank.store.url=" + url);
        TestClient client = TestClient.trusting(CA, CLIENT, server.port())) {
      if (Banking.end(client.bank()) == 0) {
        client.bank().createAccount(TestClient.opening("mine"));
      }
      assertThat(Banking.end(client.bank())).isEqualTo(1);
    }
  }
}
