package dev.mbank.tls;

import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSslCertificateException;
import io.grpc.netty.shaded.io.netty.util.NetUtil;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a peer's certificate will do: a valid path to a CA of ours, strong keys, made for
 * its end of the connection, not revoked; a server's also for the name by which it was called. Each
 * no is a {@link CertificateRefusedException}, in an exception that picks the alert the peer gets.
 */
final class StrictTrustManager extends X509ExtendedTrustManager {
  private final List<X509Certificate> authorities;
  private final CertificatePaths paths;
  private final @Nullable RevocationLists revocation;

  /**
   * Java's own, which knows how a server's name is compared (RFC 9525), but goes by the common name
   * where there is no DNS name.
   */
  private final X509ExtendedTrustManager names;

  StrictTrustManager(List<X509Certificate> authorities, @Nullable RevocationLists revocation) {
    this.authorities = List.copyOf(authorities);
    this.paths = new CertificatePaths(authorities);
    this.revocation = revocation;
    this.names = javaTrustManager(authorities);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, PeerKind.CLIENT);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, PeerKind.SERVER);
    String host = String.valueOf(engine.getPeerHost());
    if (!isAddress(host) && !CertificateRules.hasDnsName(chain[0])) {
      throw alert(
          new CertificateRefusedException(
              RefusalReason.WRONG_NAME,
              chain[0],
              "DNS names: none (expected: " + host + "; a common name is none)"));
    }
    try {
      names.checkServerTrusted(chain, authType, engine);
    } catch (CertificateException e) {
      throw alert(
          new CertificateRefusedException(
              RefusalReason.WRONG_NAME, chain[0], String.valueOf(e.getMessage()), e));
    }
  }

  /** All but the name. */
  void check(X509Certificate[] chain, PeerKind kind) throws CertificateException {
    try {
      List<X509Certificate> path = paths.validate(Arrays.asList(chain));
      CertificateRules.requireLeaf(path.get(0), kind);
      Instant now = Instant.now();
      for (int i = 1; i < path.size(); i++) {
        CertificateRules.requireAuthority(path.get(i));
        CertificateRules.requireAllows(kind, path.get(i));
        CertificateRules.requireValidAt(now, path.get(i));
        if (revocation != null) {
          revocation.requireGood(path.get(i - 1), path.get(i), now);
        }
      }
    } catch (CertificateRefusedException e) {
      throw alert(e);
    }
  }

  private static boolean isAddress(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  private static CertificateException alert(CertificateRefusedException refused) {
    return new OpenSslCertificateException(
        refused.getMessage(), refused, refused.reason().verifyError);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.toArray(X509Certificate[]::new);
  }

  private static X509ExtendedTrustManager javaTrustManager(List<X509Certificate> authorities) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (int i = 0; i < authorities.size(); i++) {
        store.setCertificateEntry("ca-" + i, authorities.get(i));
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  // gRPC checks names and so always has an engine; without one nothing is trusted.

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("expected: an engine");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("expected: an engine");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("expected: an engine");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("expected: an engine");
  }
}
