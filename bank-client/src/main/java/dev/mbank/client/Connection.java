package dev.mbank.client;

import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What both sides agreed on, in a line. */
final class Connection {
  /** The kinds of subject alternative names that we show, by their numbers in X.509. */
  private static final Map<Integer, String> KINDS = Map.of(2, "DNS:", 6, "", 7, "IP:");

  private static final int URI = 6;

  private Connection() {}

  /**
   * @param session null if the connection is plaintext
   */
  static String describe(ClientSettings settings, @Nullable SSLSession session) {
    if (session == null) {
      return "PLAINTEXT, without TLS, to %s: everyone on the way can read and change it"
          .formatted(settings.authority());
    }
    return "%s %s to %s; server %s, client %s"
        .formatted(
            session.getProtocol(),
            session.getCipherSuite(),
            settings.authority(),
            nameOf(peer(session), settings.host()),
            nameOf(first(session.getLocalCertificates()), settings.host()));
  }

  private static @Nullable X509Certificate peer(SSLSession session) {
    try {
      return first(session.getPeerCertificates());
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }

  private static @Nullable X509Certificate first(Certificate @Nullable [] chain) {
    return chain != null && chain.length > 0 && chain[0] instanceof X509Certificate leaf
        ? leaf
        : null;
  }

  /** The identity if there is one, else the name that we called it by, else any. */
  private static String nameOf(@Nullable X509Certificate certificate, String host) {
    List<List<?>> names = certificate == null ? List.of() : alternativeNames(certificate);
    return names.stream()
        .min(Comparator.comparing(name -> rank(name, host)))
        .map(name -> KINDS.get(name.get(0)) + name.get(1))
        .orElse("nameless");
  }

  private static int rank(List<?> name, String host) {
    if (name.get(0).equals(URI)) {
      return 0;
    }
    return host.equalsIgnoreCase(name.get(1).toString()) ? 1 : 2;
  }

  private static List<List<?>> alternativeNames(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream().filter(name -> KINDS.containsKey(name.get(0))).toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }
}
