package dev.mbank.server.security;

import dev.mbank.tls.CertificateRefusedException;
import dev.mbank.tls.RefusalReason;
import io.grpc.netty.shaded.io.netty.handler.ssl.NotSslRecordException;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;

/** Why a handshake failed, by what the TLS library threw. */
final class Handshakes {
  private Handshakes() {}

  /** BoringSSL has no types for its errors, only names in its messages. */
  static RefusalReason reason(Throwable failure) {
    CertificateRefusedException refused = CertificateRefusedException.among(failure);
    if (refused != null) {
      return refused.reason();
    }
    if (failure instanceof NotSslRecordException) {
      return RefusalReason.NOT_TLS;
    }
    if (failure instanceof SslHandshakeTimeoutException) {
      return RefusalReason.TIMEOUT;
    }
    if (failure instanceof ClosedChannelException) {
      return RefusalReason.CLOSED;
    }
    String message = String.valueOf(failure.getMessage()).toUpperCase(Locale.ROOT);
    if (message.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE")) {
      return RefusalReason.NO_CERTIFICATE;
    }
    if (message.contains("KEY_USAGE_BIT_INCORRECT")) {
      return RefusalReason.BAD_USAGE; // It looks at key usage before our rules do.
    }
    if (message.contains("_ALERT_")) {
      return RefusalReason.REFUSED_BY_PEER;
    }
    if (message.contains("HTTP_REQUEST")
        || message.contains("WRONG_VERSION_NUMBER")
        || message.contains("HTTPS_PROXY_REQUEST")) {
      return RefusalReason.NOT_TLS;
    }
    if (message.contains("BAD_SIGNATURE")
        || message.contains("BAD_DECRYPT")
        || message.contains("DECRYPTION_FAILED")) {
      return RefusalReason.BAD_SIGNATURE;
    }
    if (message.contains("CONNECTION HAS BEEN CLOSED") || message.contains("CLOSED")) {
      return RefusalReason.CLOSED;
    }
    return message.contains("SSL ROUTINES") ? RefusalReason.PROTOCOL : RefusalReason.OTHER;
  }
}
