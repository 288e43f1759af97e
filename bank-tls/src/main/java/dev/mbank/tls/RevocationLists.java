package dev.mbank.tls;

import static dev.mbank.tls.RefusalReason.CRL_EXPIRED;
import static dev.mbank.tls.RefusalReason.CRL_MISSING;
import static dev.mbank.tls.RefusalReason.REVOKED;

import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The revocation lists in force. Java's own check says "undetermined" of a list that is missing and
 * of one that is out of date; here each has a reason of its own. All lists are complete ones:
 * {@link PemFiles} refuses those with critical extensions, which may mean less (RFC 5280, section
 * 5.2).
 *
 * @param lists in the order of the file
 */
record RevocationLists(List<X509CRL> lists) {

  RevocationLists {
    lists = List.copyOf(lists);
  }

  /** Fails unless the issuer's list is there, in date, and does not name the certificate. */
  void requireGood(X509Certificate certificate, X509Certificate issuer, Instant now)
      throws CertificateRefusedException {
    X509CRL list = newestOf(issuer);
    if (list == null) {
      throw new CertificateRefusedException(
          CRL_MISSING,
          certificate,
          "revocation list of "
              + issuer.getSubjectX500Principal()
              + ": none in CRL_FILE (expected: one signed"
              + " over SHA-256 or more, with a key whose usage has cRLSign)");
    }
    requireNotNamed(certificate, list);
    if (list.getNextUpdate() == null || now.isAfter(list.getNextUpdate().toInstant())) {
      throw new CertificateRefusedException(
          CRL_EXPIRED,
          certificate,
          "revocation list of "
              + issuer.getSubjectX500Principal()
              + ": a new one was due at "
              + (list.getNextUpdate() == null ? "no time" : list.getNextUpdate().toInstant()));
    }
  }

  /** The same but for lists that are missing or out of date. */
  void requireNotNamed(X509Certificate certificate, X509Certificate issuer)
      throws CertificateRefusedException {
    X509CRL list = newestOf(issuer);
    if (list != null) {
      requireNotNamed(certificate, list);
    }
  }

  private static void requireNotNamed(X509Certificate certificate, X509CRL list)
      throws CertificateRefusedException {
    X509CRLEntry entry = list.getRevokedCertificate(certificate);
    if (entry != null) {
      throw new CertificateRefusedException(
          REVOKED, certificate, "revoked at " + entry.getRevocationDate().toInstant());
    }
  }

  private @Nullable X509CRL newestOf(X509Certificate issuer) {
    return lists.stream()
        .filter(list -> isOf(list, issuer))
        .max(Comparator.comparing(X509CRL::getThisUpdate))
        .orElse(null);
  }

  private static boolean isOf(X509CRL list, X509Certificate issuer) {
    if (!list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())
        || !CertificateRules.isListOf(issuer, list)) {
      return false;
    }
    try {
      list.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false; // Of a CA of the same name with another key.
    }
  }
}
