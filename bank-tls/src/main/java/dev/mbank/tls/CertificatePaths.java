package dev.mbank.tls;

import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXReason;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the way from a peer's certificate to a CA that we trust, as RFC 5280 section 6 has it, and
 * tells why if there is none. Java's path builder tries more, but says only that it found nothing.
 */
final class CertificatePaths {
  /** Each costs signatures to try, before anybody is known: Java's own limit is 8, too. */
  private static final int MAX_SHOWN = 8;

  private final Set<X509Certificate> authorities;
  private final Set<TrustAnchor> anchors;

  CertificatePaths(List<X509Certificate> authorities) {
    this.authorities = new HashSet<>(authorities);
    this.anchors = authorities.stream().map(ca -> anchor(ca, false)).collect(Collectors.toSet());
  }

  /**
   * The path from the leaf up, the CA last.
   *
   * @param shown what the peer sent: its leaf, then others in any order
   */
  List<X509Certificate> validate(List<X509Certificate> shown) throws CertificateRefusedException {
    if (shown.size() > MAX_SHOWN) {
      throw new CertificateRefusedException(
          RefusalReason.BAD_CHAIN,
          shown.get(0),
          "chain: " + shown.size() + " certificates (expected: at most " + MAX_SHOWN + ")");
    }
    for (X509Certificate each : shown) {
      CertificateRules.requireAffordable(each);
    }
    List<X509Certificate> path = towardsAuthority(shown);
    X509Certificate last = path.get(path.size() - 1);
    boolean found = authorities.contains(last);
    boolean root = issued(last, last);
    try {
      // A root is held against its own key: of an anchor Java looks neither at the dates nor at
      // path length and name constraints. An intermediate without its root is no part of Java's
      // path: others look at its dates, its length is looked at here, and names it bounds none.
      CertPath certPath =
          CertificateFactory.getInstance("X.509")
              .generateCertPath(found && !root ? path.subList(0, path.size() - 1) : path);
      PKIXParameters parameters = new PKIXParameters(found ? Set.of(anchor(last, root)) : anchors);
      parameters.setRevocationEnabled(false); // RevocationLists does it, and says more.
      CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
    } catch (CertPathValidatorException e) {
      X509Certificate at = path.get(Math.max(0, Math.min(e.getIndex(), path.size() - 1)));
      throw new CertificateRefusedException(reason(e), at, message(e, at), e);
    } catch (GeneralSecurityException e) {
      throw new CertificateRefusedException(
          RefusalReason.OTHER, path.get(0), String.valueOf(e.getMessage()), e);
    }
    if (found && !root) {
      requireLength(path);
    }
    return path;
  }

  /** As RFC 5280, section 4.2.1.9 counts: without the leaf and without those issued by itself. */
  private static void requireLength(List<X509Certificate> path) throws CertificateRefusedException {
    X509Certificate authority = path.get(path.size() - 1);
    long between =
        path.stream()
            .skip(1)
            .filter(each -> !each.equals(authority))
            .filter(each -> !each.getSubjectX500Principal().equals(each.getIssuerX500Principal()))
            .count();
    if (between > authority.getBasicConstraints()) {
      throw new CertificateRefusedException(
          RefusalReason.BAD_CHAIN,
          authority,
          "path length: " + between + " (expected: " + authority.getBasicConstraints() + ")");
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

  /** From the leaf to the first that an authority issued, and this authority, if there is one. */
  private List<X509Certificate> towardsAuthority(List<X509Certificate> shown) {
    List<X509Certificate> path = new ArrayList<>();
    X509Certificate last = shown.get(0);
    while (last != null && !path.contains(last)) {
      path.add(last);
      X509Certificate below = last;
      last =
          authorities.stream()
              .filter(ca -> issued(ca, below))
              .max(Comparator.comparing(CertificatePaths::inDate))
              .orElseGet(() -> authorities.contains(below) ? null : issuerAmong(shown, path));
    }
    return path;
  }

  private static @Nullable X509Certificate issuerAmong(
      List<X509Certificate> shown, List<X509Certificate> path) {
    X509Certificate below = path.get(path.size() - 1);
    return shown.stream()
        .filter(each -> !path.contains(each) && issued(each, below))
        .findFirst()
        .orElse(null);
  }

  /** Tells a CA's certificate from the one that it was renewed with, for the same key. */
  private static boolean inDate(X509Certificate ca) {
    try {
      ca.checkValidity();
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }

  private static TrustAnchor anchor(X509Certificate authority, boolean root) {
    return root
        ? new TrustAnchor(authority.getSubjectX500Principal(), authority.getPublicKey(), null)
        : new TrustAnchor(authority, null);
  }

  /** Java's words; of dates it says only that they are wrong. */
  private static String message(CertPathValidatorException e, X509Certificate at) {
    return switch (reason(e)) {
      case EXPIRED -> "expired at " + at.getNotAfter().toInstant();
      case NOT_YET_VALID -> "not valid before " + at.getNotBefore().toInstant();
      default -> String.valueOf(e.getMessage());
    };
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
