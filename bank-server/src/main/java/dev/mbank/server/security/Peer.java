package dev.mbank.server.security;

import dev.mbank.server.ledger.Identity;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection: an identity, or the reason why there is none.
 *
 * <p>As in an X.509-SVID (SPIFFE, section 2) the identity is the leaf's one URI subject alternative
 * name. That of a leaf without URIs and with one DNS name is {@code dns:} and that name, which no
 * URI may pretend to be. Any other certificate proves no identity; a common name never does.
 */
public final class Peer {
  /** Every caller without TLS. Not a URI, so no certificate proves it. */
  public static final Identity ANONYMOUS = new Identity("anonymous");

  /** GeneralName's tag of a URI (RFC 5280, section 4.2.1.6). */
  private static final int URI_NAME = 6;

  /** GeneralName's tag of a DNS name. */
  private static final int DNS_NAME = 2;

  private final @Nullable Identity identity;
  private final String fault;
  private final String serial;

  private Peer(@Nullable Identity identity, String fault, String serial) {
    this.identity = identity;
    this.fault = fault;
    this.serial = serial;
  }

  /** The peer of a connection with these attributes. */
  public static Peer of(Attributes connection) {
    SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return new Peer(ANONYMOUS, "", "");
    }
    try {
      return of((X509Certificate) session.getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException e) {
      return new Peer(null, "no client certificate", "");
    }
  }

  /** The peer that proved to hold the key of this leaf. */
  public static Peer of(X509Certificate leaf) {
    String serial = leaf.getSerialNumber().toString(16);
    Collection<List<?>> names;
    try {
      names = leaf.getSubjectAlternativeNames();
    } catch (CertificateParsingException e) {
      String fault = "a certificate whose subject alternative names cannot be read";
      return new Peer(null, fault, serial);
    }
    List<String> uris = names(names, URI_NAME);
    if (uris.size() == 1 && IdentityForm.isUri(uris.get(0))) {
      return new Peer(new Identity(uris.get(0)), "", serial);
    }
    List<String> dns = names(names, DNS_NAME);
    if (uris.isEmpty() && dns.size() == 1) {
      String name = dns.get(0).toLowerCase(Locale.ROOT);
      if (IdentityForm.isDnsName(name)) {
        return new Peer(new Identity(IdentityForm.DNS + name), "", serial);
      }
    }
    String fault =
        "a certificate with %d URI and %d DNS subject alternative names (expected: 1 URI that is"
            + " well-formed, or no URI and 1 DNS name)";
    return new Peer(null, fault.formatted(uris.size(), dns.size()), serial);
  }

  private static List<String> names(@Nullable Collection<List<?>> names, int tag) {
    return names == null
        ? List.of()
        : names.stream()
            .filter(name -> name.get(0).equals(tag))
            .map(name -> (String) name.get(1))
            .toList();
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

  /** Who it is; null if that is not proven. */
  public @Nullable Identity identityIfProven() {
    return identity;
  }

  /** The certificate's serial number in hexadecimal; empty if there is none. */
  public String serial() {
    return serial;
  }

  /** For the log. */
  @Override
  public String toString() {
    return identity == null ? "unknown" : identity.name();
  }
}
