package dev.mbank.server.security;

import dev.mbank.server.ledger.Identity;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection: an identity, or the reason why there is none.
 *
 * <p>As in an X.509-SVID (SPIFFE, section 2) the identity is the leaf's one URI subject alternative
 * name. A certificate with none, or with several, proves no identity; a common name never does.
 */
public final class Peer {
  /** Every caller without TLS. Not a URI, so no certificate proves it. */
  public static final Identity ANONYMOUS = new Identity("anonymous");

  /** GeneralName's tag of a URI (RFC 5280, section 4.2.1.6). */
  private static final int URI_NAME = 6;

  private final @Nullable Identity identity;
  private final String fault;

  private Peer(@Nullable Identity identity, String fault) {
    this.identity = identity;
    this.fault = fault;
  }

  /** The peer of a connection with these attributes. */
  public static Peer of(Attributes connection) {
    SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return identified(ANONYMOUS);
    }
    try {
      return of((X509Certificate) session.getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException e) {
      return unidentified("no client certificate");
    }
  }

  /** The peer that proved to hold the key of this leaf. */
  public static Peer of(X509Certificate leaf) {
    Collection<List<?>> names;
    try {
      names = leaf.getSubjectAlternativeNames();
    } catch (CertificateParsingException e) {
      return unidentified("a certificate whose subject alternative names cannot be read");
    }
    List<String> uris =
        names == null
            ? List.of()
            : names.stream()
                .filter(name -> name.get(0).equals(URI_NAME))
                .map(name -> (String) name.get(1))
                .toList();
    if (uris.size() != 1 || uris.get(0).isBlank()) {
      return unidentified(
          "a certificate with " + uris.size() + " URI subject alternative names (expected: 1)");
    }
    return identified(new Identity(uris.get(0)));
  }

  /** A peer of this identity. */
  public static Peer identified(Identity identity) {
    return new Peer(identity, "");
  }

  private static Peer unidentified(String fault) {
    return new Peer(null, fault);
  }

  /**
   * Who it is.
   *
   * @throws UnknownIdentityException if that is not proven
   */
  public Identity identity() {
    if (identity == null) {
      throw new UnknownIdentityException(fault);
    }
    return identity;
  }

  /** For the log. */
  @Override
  public String toString() {
    return identity == null ? "unknown" : identity.name();
  }
}
