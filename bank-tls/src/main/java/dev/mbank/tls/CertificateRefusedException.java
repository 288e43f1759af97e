package dev.mbank.tls;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** A peer's certificate, or one of its chain, that we do not accept. */
public final class CertificateRefusedException extends CertificateException {
  private static final long serialVersionUID = 1L;

  private final RefusalReason reason;
  private final X509Certificate certificate;

  CertificateRefusedException(
      RefusalReason reason,
      X509Certificate certificate,
      String message,
      @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.certificate = certificate;
  }

  /**
   * @param certificate the one at fault
   * @param message what is wrong, and what was expected
   */
  public CertificateRefusedException(
      RefusalReason reason, X509Certificate certificate, String message) {
    this(reason, certificate, message, null);
  }

  public RefusalReason reason() {
    return reason;
  }

  /** The certificate at fault. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** The refusal that is among the causes of a failure, or null. */
  public static @Nullable CertificateRefusedException among(Throwable failure) {
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 20; t = t.getCause(), depth++) {
      if (t instanceof CertificateRefusedException refused) {
        return refused;
      }
    }
    return null;
  }
}
