package dev.mbank.client;

import static java.util.Map.entry;

import dev.mbank.tls.CertificateRefusedException;
import io.grpc.StatusRuntimeException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why there is no connection, in plain words and with what to check.
 *
 * <p>gRPC calls all of it UNAVAILABLE; the reason is somewhere in the chain of causes. Where Java
 * has an exception for it, we go by its type. Alerts that the server sent have none: there we go by
 * the alert's name, which stands in the message, of BoringSSL ({@code TLSV1_ALERT_UNKNOWN_CA}) as
 * of Java's own TLS ({@code Received fatal alert: unknown_ca}).
 *
 * @param conclusive whether another attempt could teach nothing more: a server with several
 *     addresses fails at each in another way, and of an alert sometimes only the hang-up arrives
 */
record ConnectionFailure(boolean conclusive, String message) {
  private static final Pattern ALERT = Pattern.compile("alert(?:_|: )([a-z_]+)");

  private static final String UNTRUSTED =
      "it is signed by no CA that the server trusts: its issuer must be in CA_FILE of the server";

  /** What makes another of the name that is in place of NAME. */
  private static final String RENEW = "./generate-certs.sh renew NAME";

  /** The files of the names that generate-certs.sh knows. */
  private static final Pattern NAMED = Pattern.compile("(?:.*/)?([a-z0-9][a-z0-9-]*)\\.crt");

  /**
   * The alerts by which a server refuses a client's certificate, in words, and what to check. TLS
   * has few of them, so that most stand for several reasons; the server's log has the one. Servers
   * with Java's own trust manager behind BoringSSL say internal_error.
   */
  private static final Map<String, String> CERTIFICATE_ALERTS =
      Map.ofEntries(
          entry("certificate_required", UNTRUSTED),
          entry("unknown_ca", UNTRUSTED + ", and look whether CRL_FILE of the server has its list"),
          entry(
              "bad_certificate",
              "it is too weak or damaged: it needs RSA 2048 bits, EC 256 or more, and SHA-256"),
          entry(
              "unsupported_certificate",
              "it is not of a kind for clients: it and what is above it must allow clientAuth"),
          entry(
              "illegal_parameter",
              "it is not one to sign with: it needs key usage digitalSignature, and to be no CA"),
          entry("certificate_revoked", "it is revoked: " + RENEW + " makes another"),
          entry(
              "certificate_expired",
              "it or a CA above it has expired or is not valid yet, or the revocation list in"
                  + " CRL_FILE of the server has: "
                  + RENEW
                  + " makes another; if it is in date, check the clocks, and on the server run"
                  + " ./generate-certs.sh crl"),
          entry(
              "certificate_unknown",
              "the server finds it unacceptable: the log of the server says why"),
          entry(
              "access_denied",
              "the server lets it do nothing: check its name against POLICY_FILE of the server"),
          entry("decrypt_error", "its key does not fit: check that KEY_FILE belongs to it"),
          entry(
              "internal_error",
              "most likely no CA that the server trusts signed it, or not for a client: the log of"
                  + " the server says why"));

  static ConnectionFailure of(StatusRuntimeException error, ClientSettings settings) {
    String server = settings.authority();
    List<Throwable> chain = chainOf(error);
    String said = String.join(" | ", chain.stream().map(ConnectionFailure::said).toList());
    String words = said.toLowerCase(Locale.ROOT);

    CertificateRefusedException refused = CertificateRefusedException.among(error);
    if (refused != null) {
      return conclusive(
          "the certificate of the server at " + server + " " + refused(refused, settings));
    }
    Matcher alert = ALERT.matcher(words);
    if (alert.find()) {
      return conclusive(alert(alert.group(1), settings));
    }
    if (words.contains("not an ssl/tls record")) {
      return conclusive(
          "the server at %s does not speak TLS: start it with TLS_ENABLED=true, or the client with"
                  .formatted(server)
              + " TLS_ENABLED=false for plaintext");
    }
    if (words.contains("http status code") || words.contains("invalid content-type")) {
      return conclusive("the server at " + server + " does not speak gRPC: check HOST and PORT");
    }
    if (has(chain, UnknownHostException.class) || words.contains("unable to resolve host")) {
      return conclusive("there is no host named " + settings.host() + ": check HOST");
    }
    if (has(chain, ConnectException.class)) {
      return inconclusive(
          words.contains("connection refused")
              ? "nothing listens at %s: is bank-server running? `make run` starts it"
                  .formatted(server)
              : "cannot reach %s: check HOST and PORT (%s)".formatted(server, said));
    }
    return switch (error.getStatus().getCode()) {
      case DEADLINE_EXCEEDED ->
          conclusive(
              "no answer from %s within %d ms: check HOST, PORT and the firewalls between"
                  .formatted(server, settings.callTimeout().toMillis()));
      case UNAVAILABLE -> inconclusive(hungUp(settings, said));
      default -> conclusive("unexpected answer from " + server + ": " + said);
    };
  }

  /** Our own no, whose reason is known. */
  private static String refused(CertificateRefusedException refused, ClientSettings settings) {
    String detail = " (" + refused.getMessage() + ")";
    return switch (refused.reason()) {
      case UNTRUSTED ->
          "is not signed by the CA in CA_FILE (%s): use the ca.crt that belongs to the server's, and"
                  .formatted(settings.caFile())
              + " check that the server sends its intermediates";
      case EXPIRED -> "has expired: renew it with ./generate-certs.sh renew" + detail;
      case NOT_YET_VALID -> "is not valid yet: check the clocks of both machines" + detail;
      case REVOKED -> "is revoked: the server needs a new one" + detail;
      case CRL_MISSING ->
          "cannot be checked: CRL_FILE (%s) has no list of its CA; ./generate-certs.sh crl makes one"
              .formatted(settings.crlFile());
      case CRL_EXPIRED ->
          "cannot be checked: the list in CRL_FILE (%s) is out of date; ./generate-certs.sh crl"
                  .formatted(settings.crlFile())
              + " makes one"
              + detail;
      case WRONG_NAME ->
          "is not for the name %s: set HOST to a name that it has%s"
              .formatted(settings.host(), detail);
      case BAD_USAGE ->
          "is not one for servers: it and what is above it must allow serverAuth" + detail;
      case BAD_CHAIN -> "has a chain that breaks a rule: check the CAs that signed it" + detail;
      case WEAK_KEY -> "is too weak: the server needs RSA 2048 bits, EC 256 or more" + detail;
      case WEAK_SIGNATURE ->
          "is signed too weakly: the server needs one over SHA-256 or more" + detail;
      default -> "is not acceptable: check CERT_FILE of the server" + detail;
    };
  }

  private static String alert(String alert, ClientSettings settings) {
    String reason = CERTIFICATE_ALERTS.get(alert);
    return reason == null
        ? "the server at %s refused the handshake: %s (the client needs TLS 1.3 and HTTP/2)"
            .formatted(settings.authority(), alert)
        : "the server at %s refused our certificate (CERT_FILE %s): %s (%s)"
            .formatted(
                settings.authority(),
                settings.certFile(),
                named(reason, settings.certFile()),
                alert);
  }

  private static String named(String advice, String certFile) {
    Matcher named = NAMED.matcher(certFile);
    return named.matches() ? advice.replace(RENEW, RENEW.replace("NAME", named.group(1))) : advice;
  }

  private static String hungUp(ClientSettings settings, String said) {
    return settings.tlsEnabled()
        ? "the server at %s hung up in the handshake: is it bank-server? If so, check CERT_FILE %s"
                .formatted(settings.authority(), settings.certFile())
            + " ("
            + said
            + ")"
        : "the server at %s hung up on plaintext; maybe it wants TLS: set TLS_ENABLED=true (%s)"
            .formatted(settings.authority(), said);
  }

  private static ConnectionFailure conclusive(String message) {
    return new ConnectionFailure(true, message);
  }

  private static ConnectionFailure inconclusive(String message) {
    return new ConnectionFailure(false, message);
  }

  private static List<Throwable> chainOf(Throwable error) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable t = error; t != null && chain.size() < 20; t = t.getCause()) {
      chain.add(t);
    }
    return chain;
  }

  private static boolean has(List<Throwable> chain, Class<? extends Throwable> type) {
    return chain.stream().anyMatch(type::isInstance);
  }

  /** A message, in one line. */
  private static String said(Throwable t) {
    String message = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
    return message.lines().findFirst().orElse("");
  }
}
