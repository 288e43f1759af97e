package dev.mbank.server.security;

import dev.mbank.tls.CertificateRefusedException;
import dev.mbank.tls.RefusalReason;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line for each refused handshake, as long as they are few: whoever reaches the port can cause
 * them, and must not fill the disk. The metrics count all.
 */
final class HandshakeLog {
  private static final Logger log = LoggerFactory.getLogger("mbank.handshake");
  private static final int BURST = 20;
  private static final long NANOS_PER_LINE = 1_000_000_000L;
  private static final int MAX_SHOWN = 200;

  private final LongSupplier nanoTime;

  /** Lines that may be written now, in the time that they cost. */
  private long credit = BURST * NANOS_PER_LINE;

  private long lastTime;
  private long left;

  HandshakeLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.lastTime = nanoTime.getAsLong();
  }

  void refused(SocketAddress peer, RefusalReason reason, @Nullable Throwable failure) {
    long unlogged = takeLine();
    if (unlogged < 0) {
      return;
    }
    CertificateRefusedException refused =
        failure == null ? null : CertificateRefusedException.among(failure);
    log.warn(
        "refused peer={} reason={}{}{}{}",
        peer,
        reason,
        refused == null ? "" : shown(refused.certificate()),
        detail(refused == null ? failure : refused),
        unlogged == 0 ? "" : " (and " + unlogged + " before it that were not logged)");
  }

  void cutOff(SocketAddress peer, Connections.CutOff why) {
    long unlogged = takeLine();
    if (unlogged >= 0) {
      log.warn(
          "closed peer={} reason={}{}",
          peer,
          why,
          unlogged == 0 ? "" : " (and " + unlogged + " before it that were not logged)");
    }
  }

  /** How many lines were left out since the last one; -1 if this is left out too. */
  private synchronized long takeLine() {
    long now = nanoTime.getAsLong();
    credit = Math.min(BURST * NANOS_PER_LINE, credit + (now - lastTime));
    lastTime = now;
    if (credit < NANOS_PER_LINE) {
      left++;
      return -1;
    }
    credit -= NANOS_PER_LINE;
    long unlogged = left;
    left = 0;
    return unlogged;
  }

  private static String shown(X509Certificate certificate) {
    return " subject=\"%s\" serial=%s"
        .formatted(
            shown(certificate.getSubjectX500Principal().getName()),
            certificate.getSerialNumber().toString(16));
  }

  /** Left out where there is nothing to tell. */
  private static String detail(@Nullable Throwable failure) {
    String message = failure == null ? null : failure.getMessage();
    return message == null || message.isBlank() ? "" : " detail=\"" + shown(message) + "\"";
  }

  /** A peer's words: one line, not too long. */
  private static String shown(String text) {
    String start = text.substring(0, Math.min(MAX_SHOWN, text.length()));
    return start.replaceAll("[\\p{Cntrl}\"]", "?");
  }
}
