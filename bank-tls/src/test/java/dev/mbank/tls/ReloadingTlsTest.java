package dev.mbank.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.tls.fixtures.TestCertificates.Request;
import dev.mbank.tls.fixtures.TestCrls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Sets that are refused, and what becomes of them. */
class ReloadingTlsTest {
  private static final Duration INTERVAL = Duration.ofMillis(20);
  private static final Issued CA = TestCertificates.authority("CA").selfSigned();
  private static final Issued FIRST = TestCertificates.server().issuedBy(CA);

  @TempDir Path folder;
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger rejected = new AtomicInteger();
  private ReloadingTls tls;

  @BeforeEach
  void start() throws IOException {
    CA.writeTo(folder, "ca");
    FIRST.writeTo(folder, "server");
    Files.writeString(folder.resolve("ca.crl"), TestCrls.of(CA));
    tls = new ReloadingTls(files(), PeerKind.SERVER);
    tls.addListener(
        new ReloadListener() {
          @Override
          public void accepted() {
            accepted.incrementAndGet();
          }

          @Override
          public void rejected() {
            rejected.incrementAndGet();
          }
        });
    tls.watch(INTERVAL);
  }

  @AfterEach
  void stop() {
    tls.close();
  }

  @Test
  void reload_certificateNotYetValid_isTakenWhenItsTimeHasCome() {
    Instant begin = Instant.now().plusSeconds(3);
    Issued next = server().valid(begin, begin.plusSeconds(3600)).issuedBy(CA);

    next.writeTo(folder, "server");

    await().untilAsserted(() -> assertThat(served()).isEqualTo(next.certificate()));
    // Often tried, told once: but for a look between the two files that were written.
    assertThat(rejected).hasValueBetween(1, 2);
    assertThat(accepted).hasValue(1);
  }

  @Test
  void reload_listNotYetInForce_isTakenWhenItsTimeHasCome() throws IOException {
    Instant end = Instant.now().plusSeconds(3).plus(Duration.ofDays(2));

    replace("ca.crl", TestCrls.until(end, CA));

    await().until(() -> rejected.get() == 1);
    await().until(() -> accepted.get() == 1);
    assertThat(tls.inForce().revocationListsEnd())
        .get()
        .matches(it -> it.isAfter(end.minusSeconds(1)));
    assertThat(rejected).hasValue(1);
  }

  @Test
  void reload_listInForceRunsOut_theNextIsTaken() throws IOException {
    replace("ca.crl", TestCrls.until(Instant.now().minusSeconds(1), CA));
    await().until(() -> accepted.get() == 1); // Everybody is told that it is out of date.

    Instant end = Instant.now().plus(Duration.ofDays(1));
    replace("ca.crl", TestCrls.until(end, CA));

    await().until(() -> accepted.get() == 2);
    assertThat(tls.inForce().revocationListsEnd()).get().matches(it -> it.isAfter(Instant.now()));
    assertThat(rejected).hasValue(0);
  }

  @Test
  void reload_newSet_logSaysWhatItHolds() throws IOException {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    Logger logger = (Logger) LoggerFactory.getLogger(ReloadingTls.class);
    logger.addAppender(lines);
    Issued next = TestCertificates.authority("next CA").selfSigned();

    replace("ca.crl", TestCrls.of(CA) + TestCrls.of(next));
    replace("ca.crt", CA.pem() + next.pem());
    await().until(() -> tls.inForce().authorities().size() == 2);
    await().until(() -> !lines.list.isEmpty());

    logger.detachAppender(lines);
    assertThat(lines.list.get(lines.list.size() - 1))
        .asString()
        .contains("New TLS files are in force: " + tls.inForce());
  }

  @Test
  void reload_refusedSet_isToldAgainOnlyIfItChanges() throws IOException {
    replace("server.crt", "no PEM");
    await().until(() -> rejected.get() == 1);
    replace("server.crt", "no PEM either");
    await().until(() -> rejected.get() == 2);

    replace("server.crt", FIRST.pem());

    await().until(() -> accepted.get() == 1);
    assertThat(rejected).hasValue(2);
  }

  private X509Certificate served() {
    return tls.inForce().chain().get(0);
  }

  private static Request server() {
    return TestCertificates.server();
  }

  /** As {@code mv} does it. */
  private void replace(String name, String content) throws IOException {
    Path staged = Files.writeString(folder.resolve("staged"), content);
    Files.move(staged, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private TlsFiles files() {
    return new TlsFiles(file("ca.crt"), file("server.crt"), file("server.key"), file("ca.crl"));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }
}
