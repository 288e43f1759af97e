package dev.mbank.tls;

import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXReason;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds the way from a peer's certificate to a CA that we trust, as RFC 5280 section 6 has it, and
 * tells why if there is none. Java's path builder tries more, but says only that it found nothing.
 */
final class CertificatePaths {
  private final Set<TrustAnchor> anchors;
  private final Set<X509Certificate> authorities;

  CertificatePaths(List<X509Certificate> authorities) {
    this.authorities = new HashSet<>(authorities);
    this.anchors =
        authorities.stream().map(ca -> new TrustAnchor(ca, null)).collect(Collectors.toSet());
  }

  /**
   * The path from the leaf up, the CA last.
   *
   * @param shown what the peer sent: its leaf, then others in any order
   */
  List<X509Certificate> validate(List<X509Certificate> shown) throws CertificateRefusedException {
    List<X509Certificate> path = towardsAnchor(shown);
    try {
      CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(path);
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false); // RevocationLists does it, and says more.
      var result =
          (PKIXCertPathValidatorResult)
              CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
      path.add(result.getTrustAnchor().getTrustedCert());
      return path;
    } catch (CertPathValidatorException e) {
      X509Certificate at = path.get(Math.max(0, Math.min(e.getIndex(), path.size() - 1)));
      throw new CertificateRefusedException(reason(e), at, String.valueOf(e.getMessage()), e);
    } catch (GeneralSecurityException e) {
      throw new CertificateRefusedException(
          RefusalReason.OTHER, path.get(0), String.valueOf(e.getMessage()), e);
    }
  }

  /** Whether the one certificate bears the signature of the other's key. */
  static boolean issued(X509Certificate issuer, X509Certificate certificate) {
    if (!issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
      return false;
    }
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private List<X509Certificate> towardsAnchor(List<X509Certificate> shown) {
    List<X509Certificate> path = new ArrayList<>();
    X509Certificate last = shown.get(0);
    while (last != null) {
      path.add(last);
      X509Certificate below = last;
      last =
          authorities.stream().anyMatch(ca -> issued(ca, below))
              ? null
              : shown.stream()
                  .filter(each -> !path.contains(each) && issued(each, below))
                  .findFirst()
                  .orElse(null);
    }
    return path;
  }

  private static RefusalReason reason(CertPathValidatorException e) {
    CertPathValidatorException.Reason reason = e.getReason();
    if (reason == BasicReason.EXPIRED) {
      return RefusalReason.EXPIRED;
    }
    if (reason == BasicReason.NOT_YET_VALID) {
      return RefusalReason.NOT_YET_VALID;
    }
    if (reason == BasicReason.ALGORITHM_CONSTRAINED) {
      return RefusalReason.WEAK_SIGNATURE;
    }
    return reason == PKIXReason.NO_TRUST_ANCHOR || reason == BasicReason.INVALID_SIGNATURE
        ? RefusalReason.UNTRUSTED
        : RefusalReason.BAD_CHAIN;
  }
}
