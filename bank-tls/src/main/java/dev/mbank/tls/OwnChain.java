package dev.mbank.tls;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The certificates that we show, held to what peers hold them to. Whom peers trust is not known
 * here: it is taken to be our own CAs if one of them issued the chain, and else its top.
 *
 * @param shown the leaf, then its intermediates, each issued by the next
 */
record OwnChain(List<X509Certificate> shown) {

  OwnChain {
    shown = List.copyOf(shown);
  }

  X509Certificate leaf() {
    return shown.get(0);
  }

  /** Whether one of our CAs issued it. If not, then an intermediate may be missing. */
  boolean isOf(List<X509Certificate> authorities) {
    return shown.stream()
        .anyMatch(each -> authorities.stream().anyMatch(ca -> CertificatePaths.issued(ca, each)));
  }

  /** Fails unless peers can do with it, as far as it can be told. */
  void requireGood(PeerKind ours, List<X509Certificate> authorities)
      throws CertificateRefusedException {
    Instant now = Instant.now();
    CertificateRules.requireLeaf(leaf(), ours);
    CertificateRules.requireUsable(leaf());
    for (int i = 0; i < shown.size(); i++) {
      CertificateRules.requireValidAt(now, shown.get(i));
      if (i > 0) {
        CertificateRules.requireAuthority(shown.get(i));
        CertificateRules.requireAllows(ours, shown.get(i));
        if (!CertificatePaths.issued(shown.get(i), shown.get(i - 1))) {
          throw new CertificateRefusedException(
              RefusalReason.BAD_CHAIN,
              shown.get(i),
              "certificate " + (i + 1) + ": did not sign the one before it");
        }
      }
    }
    var unused = path(authorities);
  }

  /** Of lists that are missing or out of date nothing is said: peers have lists of their own. */
  void requireNotRevoked(List<X509Certificate> authorities, @Nullable RevocationLists lists)
      throws CertificateRefusedException {
    if (lists == null) {
      return;
    }
    List<X509Certificate> path = path(authorities);
    for (int i = 1; i < path.size(); i++) {
      lists.requireNotNamed(path.get(i - 1), path.get(i));
    }
  }

  private List<X509Certificate> path(List<X509Certificate> authorities)
      throws CertificateRefusedException {
    if (isOf(authorities)) {
      return new CertificatePaths(authorities).validate(shown);
    }
    return shown.size() == 1
        ? shown
        : new CertificatePaths(shown.subList(shown.size() - 1, shown.size())).validate(shown);
  }
}
