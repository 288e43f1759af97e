package dev.mbank.tls;

import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Our certificate with its key, and whom we trust: read and found good as a whole. There is no
 * instance that would fail each handshake, such as one with a key of another certificate.
 */
public final class TlsMaterial {
  private static final long SESSION_SECONDS = TimeUnit.MINUTES.toSeconds(5);

  /** One signature for each kind of key. */
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");

  private final PeerKind ours;
  private final OwnChain chain;
  private final PrivateKey key;
  private final List<X509Certificate> authorities;
  private final @Nullable RevocationLists revocation;

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
  }

  /**
   * Reads the files.
   *
   * @param ours which end we are
   * @throws TlsFileException if they will not do, naming the first one at fault
   */
  public static TlsMaterial read(TlsFiles files, PeerKind ours) {
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
    try {
      chain.requireNotRevoked(authorities, revocation);
    } catch (CertificateRefusedException e) {
      throw fault("CERT_FILE", files.cert(), e);
    }
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

  /** What we show to peers: the leaf, then its intermediates. */
  public List<X509Certificate> chain() {
    return chain.shown();
  }

  /** The CAs that peers must be signed by. */
  public List<X509Certificate> authorities() {
    return authorities;
  }

  /** When the first of our revocation lists is due to be replaced; empty if there is no list. */
  public Optional<Instant> revocationListsEnd() {
    return revocation == null
        ? Optional.empty()
        : revocation.lists().stream()
            .map(X509CRL::getNextUpdate)
            .map(end -> end == null ? Instant.MIN : end.toInstant())
            .min(Comparator.naturalOrder());
  }

  /** What will not do but leaves something that does. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    outOfDate(authorities)
        .forEach(late -> warnings.add("CA_FILE: " + told(late) + "; whoever it signed is refused"));
    if (!chain.isOf(authorities)) {
      warnings.add(
          "CERT_FILE: of "
              + chain.leaf().getSubjectX500Principal().getName()
              + ", not of CA_FILE: is an intermediate missing?");
    }
    return warnings;
  }

  /** In one line, for the log; nothing of the key. */
  @Override
  public String toString() {
    X509Certificate own = chain.leaf();
    return "certificate of %s, serial %s, until %s; CAs: %s; revocation lists %s"
        .formatted(
            own.getSubjectX500Principal().getName(),
            own.getSerialNumber().toString(16),
            own.getNotAfter().toInstant(),
            authorities.stream()
                .map(ca -> ca.getSubjectX500Principal().getName())
                .collect(Collectors.joining(", ")),
            revocationListsEnd().map(end -> "until " + end).orElse("none"));
  }

  /** A context for TLS 1.3 with certificates of both sides. Sessions of another are void in it. */
  SslContext context() {
    X509Certificate[] shown = chain.shown().toArray(X509Certificate[]::new);
    SslContextBuilder builder =
        ours == PeerKind.SERVER
            ? SslContextBuilder.forServer(key, shown).clientAuth(ClientAuth.REQUIRE)
            : SslContextBuilder.forClient().keyManager(key, shown);
    try {
      return GrpcSslContexts.configure(builder)
          .trustManager(new StrictTrustManager(authorities, revocation))
          .protocols("TLSv1.3")
          .sessionTimeout(SESSION_SECONDS)
          .build();
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
    return new TlsFileException(variable, file, "a certificate to work with; " + told(e), e);
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
