package dev.mbank.server.observability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.tls.PeerKind;
import dev.mbank.tls.ReloadingTls;
import dev.mbank.tls.TlsFiles;
import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.health.contributor.Status;

class CertificateHealthIndicatorTest {
  private final StaticListableBeanFactory beans = new StaticListableBeanFactory();

  @Test
  void health_untilTheCertificateExpires_isUp(@TempDir Path folder) {
    Issued ca = TestCertificates.authority("CA").selfSigned();
    ca.writeTo(folder, "ca");
    Issued server = TestCertificates.server().issuedBy(ca);
    server.writeTo(folder, "server");
    TlsFiles files =
        new TlsFiles(
            folder.resolve("ca.crt").toString(),
            folder.resolve("server.crt").toString(),
            folder.resolve("server.key").toString(),
            null);
    try (ReloadingTls tls = new ReloadingTls(files, PeerKind.SERVER)) {
      beans.addBean("tls", tls);
      Instant end = server.certificate().getNotAfter().toInstant();

      assertThat(statusAt(end)).isEqualTo(Status.UP);
      assertThat(statusAt(end.plusSeconds(1))).isEqualTo(Status.DOWN);
    }
  }

  @Test
  void health_withoutTls_isUp() {
    assertThat(statusAt(Instant.now())).isEqualTo(Status.UP);
  }

  private Status statusAt(Instant now) {
    Clock clock = Clock.fixed(now, ZoneOffset.UTC);
    return new CertificateHealthIndicator(beans.getBeanProvider(ReloadingTls.class), clock)
        .health()
        .getStatus();
  }
}
