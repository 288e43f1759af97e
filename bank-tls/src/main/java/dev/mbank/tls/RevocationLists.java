package dev.mbank.tls;

import static dev.mbank.tls.RefusalReason.CRL_EXPIRED;
import static dev.mbank.tls.RefusalReason.CRL_MISSING;
import static dev.mbank.tls.RefusalReason.REVOKED;

import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
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

  private static final String REFUSED = "; whoever it signed is refused";

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

  /**
   * When the first of the lists is due to be replaced: of each CA its newest, and those of others,
   * which may be intermediates. A CA without a list counts as long ago.
   */
  Instant end(List<X509Certificate> authorities) {
    Stream<Instant> ofAuthorities =
        authorities.stream()
            .map(this::newestOf)
            .map(list -> list == null ? Instant.EPOCH : endOf(list));
    Stream<Instant> ofOthers =
        lists.stream()
            .filter(list -> authorities.stream().noneMatch(ca -> isOf(list, ca)))
            .map(RevocationLists::endOf);
    return Stream.concat(ofAuthorities, ofOthers).min(Comparator.naturalOrder()).orElseThrow();
  }

  /** Of which CAs nobody is let in, for want of a list in date. */
  List<String> warnings(List<X509Certificate> authorities, Instant now) {
    List<String> warnings = new ArrayList<>();
    for (X509Certificate ca : authorities) {
      X509CRL list = newestOf(ca);
      if (list == null) {
        warnings.add("CRL_FILE: no revocation list of " + TlsMaterial.named(ca) + REFUSED);
      } else if (now.isAfter(endOf(list))) {
        warnings.add(
            "CRL_FILE: the revocation list of %s, is out of date since %s%s"
                .formatted(TlsMaterial.named(ca), endOf(list), REFUSED));
      }
    }
    return warnings;
  }

  /** Due at no time is due at once. */
  private static Instant endOf(X509CRL list) {
    return list.getNextUpdate() == null ? Instant.EPOCH : list.getNextUpdate().toInstant();
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
