package dev.mbank.tls;

import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Our certificate with its key, and whom we trust: read and found good as a whole. There is no
 * instance that would fail each handshake, such as one with a key of another certificate.
 */
public final class TlsMaterial {
  /** The certificate's last days, of which we warn. */
  private static final int WARN_DAYS = 14;

  /** One signature for each kind of key. */
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");

  private final PeerKind ours;
  private final OwnChain chain;
  private final PrivateKey key;
  private final List<X509Certificate> authorities;
  private final @Nullable RevocationLists revocation;
  private final StrictTrustManager trust;

  private TlsMaterial(
      PeerKind ours,
      OwnChain chain,
      PrivateKey key,
      List<X509Certificate> authorities,
      @Nullable RevocationLists revocation) {
    this.ours = ours;
    this.chain = chain;
    this.key = key;
    this.authorities = authorities;
    this.revocation = revocation;
    this.trust = new StrictTrustManager(authorities, revocation);
  }

  /**
   * Reads the files to begin with.
   *
   * @param ours which end we are
   * @throws TlsFileException if they will not do, naming the first one at fault
   */
  public static TlsMaterial read(TlsFiles files, PeerKind ours) {
    TlsMaterial read = readAgain(files, ours);
    try {
      read.chain.requireNotRevoked(read.authorities, read.revocation);
    } catch (CertificateRefusedException e) {
      throw fault("CERT_FILE", files.cert(), e);
    }
    return read;
  }

  /** To go on with: a list that revokes ourselves is taken too, for it has more to tell. */
  static TlsMaterial readAgain(TlsFiles files, PeerKind ours) {
    List<X509Certificate> authorities = PemFiles.certificates("CA_FILE", files.ca());
    OwnChain chain = new OwnChain(PemFiles.certificates("CERT_FILE", files.cert()));
    try {
      requireAuthorities(authorities);
    } catch (CertificateRefusedException e) {
      throw fault("CA_FILE", files.ca(), e);
    }
    try {
      chain.requireGood(ours, authorities);
    } catch (CertificateRefusedException e) {
      throw fault("CERT_FILE", files.cert(), e);
    }
    PrivateKey key =
        PemFiles.key("KEY_FILE", files.key(), chain.leaf().getPublicKey().getAlgorithm());
    if (!belong(key, chain.leaf().getPublicKey())) {
      throw new TlsFileException(
          "KEY_FILE", files.key(), "the private key of the certificate in CERT_FILE");
    }
    RevocationLists revocation = files.crl() == null ? null : revocation(files.crl());
    return new TlsMaterial(ours, chain, key, authorities, revocation);
  }

  /** One that is out of date is taken too: it tells more than the one before it. */
  private static RevocationLists revocation(String file) {
    List<X509CRL> lists = PemFiles.revocationLists("CRL_FILE", file);
    Instant now = Instant.now();
    for (X509CRL list : lists) {
      if (now.isBefore(list.getThisUpdate().toInstant())) {
        throw new TlsFileException(
            "CRL_FILE",
            file,
            "revocation lists in force; that of "
                + list.getIssuerX500Principal().getName()
                + " is not valid before "
                + list.getThisUpdate().toInstant());
      }
    }
    return new RevocationLists(lists);
  }

  /** Whether peers can tell no difference; the key goes with the certificate. */
  boolean holdsTheSameAs(TlsMaterial other) {
    return chain().equals(other.chain())
        && authorities.equals(other.authorities)
        && Objects.equals(revocation, other.revocation);
  }

  /** What we show to peers: the leaf, then its intermediates. */
  public List<X509Certificate> chain() {
    return chain.shown();
  }

  /** The CAs that peers must be signed by. */
  public List<X509Certificate> authorities() {
    return authorities;
  }

  /**
   * When the first of our revocation lists is due to be replaced, long ago if a CA has none; empty
   * if none are checked.
   */
  public Optional<Instant> revocationListsEnd() {
    return Optional.ofNullable(revocation).map(lists -> lists.end(authorities));
  }

  /** What will not do but leaves something that does, or will not do soon. */
  List<String> warnings() {
    Instant now = Instant.now();
    X509Certificate own = chain.leaf();
    List<String> warnings = new ArrayList<>();
    for (CertificateRefusedException late : outOfDate(authorities)) {
      warnings.add("CA_FILE: " + told(late) + "; whoever it signed is refused");
    }
    if (revocation != null) {
      warnings.addAll(revocation.warnings(authorities, now));
    }
    if (!chain.isOf(authorities)) {
      warnings.add("CERT_FILE: of " + named(own) + ", not of CA_FILE: is an intermediate missing?");
    }
    if (isNearItsEnd(own, now)) {
      warnings.add(
          "CERT_FILE: of %s, expires at %s, in less than %d days"
              .formatted(named(own), own.getNotAfter().toInstant(), WARN_DAYS));
    }
    try {
      chain.requireNotRevoked(authorities, revocation);
    } catch (CertificateRefusedException e) {
      warnings.add("CERT_FILE: " + told(e) + "; whoever has this list refuses us");
    }
    return warnings;
  }

  /** In its last days; of one that lasts a few days only, in the second half of them. */
  private static boolean isNearItsEnd(X509Certificate certificate, Instant now) {
    Instant end = certificate.getNotAfter().toInstant();
    Duration left = Duration.between(now, end);
    Duration all = Duration.between(certificate.getNotBefore().toInstant(), end);
    return left.compareTo(Duration.ofDays(WARN_DAYS)) < 0
        && left.multipliedBy(2).compareTo(all) < 0;
  }

  /** In one line, for the log; nothing of the key. */
  @Override
  public String toString() {
    return "certificate of %s; CAs: %s; revocation lists%s"
        .formatted(
            lasting(chain.leaf()),
            authorities.stream().map(TlsMaterial::lasting).collect(Collectors.joining(", ")),
            revocationListsEnd()
                .map(end -> end.equals(Instant.EPOCH) ? ": not of every CA" : " until " + end)
                .orElse(": none, CRL_FILE is empty"));
  }

  private static String lasting(X509Certificate certificate) {
    return named(certificate) + ", until " + certificate.getNotAfter().toInstant();
  }

  /** Two may bear one name. */
  static String named(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().getName()
        + ", serial "
        + certificate.getSerialNumber().toString(16);
  }

  /** Holds what a peer showed against what is in force at this moment. */
  void requirePeer(X509Certificate[] shown) throws CertificateException {
    trust.check(shown, ours == PeerKind.SERVER ? PeerKind.CLIENT : PeerKind.SERVER);
  }

  /** A context for TLS 1.3 with certificates of both sides. Sessions of another are void in it. */
  SslContext context() {
    X509Certificate[] shown = chain.shown().toArray(X509Certificate[]::new);
    SslContextBuilder builder =
        ours == PeerKind.SERVER
            ? SslContextBuilder.forServer(key, shown).clientAuth(ClientAuth.REQUIRE)
            : SslContextBuilder.forClient().keyManager(key, shown);
    try {
      return GrpcSslContexts.configure(builder).trustManager(trust).protocols("TLSv1.3").build();
    } catch (SSLException e) {
      throw new IllegalStateException("no TLS with files that were found good", e);
    }
  }

  private static void requireAuthorities(List<X509Certificate> authorities)
      throws CertificateRefusedException {
    for (X509Certificate ca : authorities) {
      CertificateRules.requireAuthority(ca);
      if (authorities.stream().noneMatch(each -> CertificatePaths.issued(each, ca))) {
        CertificateRules.requireRootless(ca);
      }
    }
    List<CertificateRefusedException> late = outOfDate(authorities);
    if (late.size() == authorities.size()) {
      throw late.get(0);
    }
  }

  /** One beside others does no harm: its clients are refused, and theirs are not. */
  private static List<CertificateRefusedException> outOfDate(List<X509Certificate> authorities) {
    Instant now = Instant.now();
    List<CertificateRefusedException> late = new ArrayList<>();
    for (X509Certificate ca : authorities) {
      try {
        CertificateRules.requireValidAt(now, ca);
      } catch (CertificateRefusedException e) {
        late.add(e);
      }
    }
    return late;
  }

  private static TlsFileException fault(
      String variable, String file, CertificateRefusedException e) {
    String told = told(e).replaceFirst(" \\(expected: (.*)\\)$", ", but must be: $1");
    return new TlsFileException(variable, file, "a certificate to work with; " + told, e);
  }

  private static String told(CertificateRefusedException e) {
    return "of " + e.certificate().getSubjectX500Principal().getName() + ", " + e.getMessage();
  }

  /** Signs with one key and verifies with the other. */
  private static boolean belong(PrivateKey privateKey, PublicKey publicKey) {
    try {
      byte[] text = {'m', 'b', 'a', 'n', 'k'};
      Signature signature =
          Signature.getInstance(SIGNATURES.getOrDefault(publicKey.getAlgorithm(), "none"));
      signature.initSign(privateKey);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
