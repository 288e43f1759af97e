package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.mbank.tls.CertificateRefusedException;
import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class HandshakeLogTest {
  private static final InetSocketAddress PEER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

  private final Logger logger = (Logger) LoggerFactory.getLogger("mbank.handshake");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private long now;
  private final HandshakeLog log = new HandshakeLog(() -> now);

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
  }

  @Test
  void refused_certificate_isToldWithSubjectAndSerial() {
    X509Certificate leaf = TestCertificates.client("spiffe://a/b").selfSigned().certificate();
    var failure = new SSLHandshakeException("handshake");
    failure.initCause(new CertificateRefusedException(RefusalReason.UNTRUSTED, leaf, "no \"CA\""));

    log.refused(PEER, RefusalReason.UNTRUSTED, failure);

    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "refused peer=localhost/127.0.0.1:4711 reason=untrusted subject=\"CN=client\" serial="
                + leaf.getSerialNumber().toString(16)
                + " detail=\"no ?CA?\"");
  }

  @Test
  void refused_nothingToSay_hasNoDetail() {
    log.refused(PEER, RefusalReason.CLOSED, null);
    log.refused(PEER, RefusalReason.CLOSED, new ClosedChannelException());
    log.refused(PEER, RefusalReason.CLOSED, new SSLHandshakeException(""));

    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsOnly("refused peer=localhost/127.0.0.1:4711 reason=closed");
  }

  @Test
  void refused_wordsOfThePeer_stayInTheirLineAndAreShort() {
    log.refused(PEER, RefusalReason.NOT_TLS, new SSLHandshakeException("a\nb" + "x".repeat(999)));

    assertThat(lines.list).hasSize(1);
    assertThat(lines.list.get(0).getFormattedMessage()).doesNotContain("\n").hasSizeLessThan(300);
  }

  @Test
  void refused_manyAtOnce_areCountedInsteadOfLogged() {
    for (int i = 0; i < 1000; i++) {
      log.refused(PEER, RefusalReason.CLOSED, null);
    }
    int burst = lines.list.size();
    now += TimeUnit.SECONDS.toNanos(1);
    log.refused(PEER, RefusalReason.CLOSED, null);
    log.refused(PEER, RefusalReason.CLOSED, null);

    assertThat(burst).isEqualTo(20);
    assertThat(lines.list).hasSize(burst + 1);
    assertThat(lines.list.get(burst).getFormattedMessage())
        .endsWith("(and 980 before it that were not logged)");
  }
}
