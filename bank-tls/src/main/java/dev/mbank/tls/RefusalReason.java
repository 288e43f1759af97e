package dev.mbank.tls;

import java.util.Locale;

/** Why a handshake came to nothing. The names in lower case are those of metrics and logs. */
public enum RefusalReason {
  /** The peer showed no certificate, or none of our CAs, which is the same to TLS. */
  NO_CERTIFICATE,
  /** No chain to a CA of ours: another CA, a missing intermediate, self-signed. */
  UNTRUSTED(20),
  EXPIRED(10),
  NOT_YET_VALID(9),
  REVOKED(23),
  /** The revocation list of its issuer is missing. */
  CRL_MISSING(3),
  /** The revocation list of its issuer is older than it says it may be. */
  CRL_EXPIRED(12),
  /** A certificate that is not for this use: key usage, extended key usage, basic constraints. */
  BAD_USAGE(26),
  /** A chain that breaks a rule: no CA, too long, a name out of bounds, an unknown extension. */
  BAD_CHAIN(24),
  /** RSA below 2048 bits, EC below 256, or a kind of key that we do not know. */
  WEAK_KEY(28),
  /** Signed over SHA-1 or MD5. */
  WEAK_SIGNATURE(28),
  /** A server's certificate that is not for the name by which it was called. */
  WRONG_NAME(62),
  /** The peer hung up with an alert: it refused us. */
  REFUSED_BY_PEER,
  /** The peer does not hold the key of its certificate, or its messages are damaged. */
  BAD_SIGNATURE,
  /** No common version, cipher or group; for example TLS 1.2 only. */
  PROTOCOL,
  /** Bytes that are no TLS: plaintext, HTTP/1.1, garbage. */
  NOT_TLS,
  /** TLS was agreed on, HTTP/2 was not (RFC 9113, section 3.2). */
  NO_ALPN,
  /** TLS was agreed on, or is disabled, and what came was no HTTP/2 preface. */
  NO_PREFACE,
  /** It took too long. */
  TIMEOUT,
  /** The peer hung up before the end. */
  CLOSED,
  /** Something else; the log has it. */
  OTHER;

  /**
   * By which BoringSSL picks the alert that the peer gets: X509_V_ERR_... of OpenSSL's x509_vfy.h.
   * Netty's constants of these names need its native library to be loaded before.
   */
  final int verifyError;

  RefusalReason() {
    this(1);
  }

  RefusalReason(int verifyError) {
    this.verifyError = verifyError;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
