package dev.mbank.client;

import static dev.mbank.tls.RefusalReason.BAD_CHAIN;
import static dev.mbank.tls.RefusalReason.BAD_USAGE;
import static dev.mbank.tls.RefusalReason.CRL_EXPIRED;
import static dev.mbank.tls.RefusalReason.CRL_MISSING;
import static dev.mbank.tls.RefusalReason.EXPIRED;
import static dev.mbank.tls.RefusalReason.NOT_YET_VALID;
import static dev.mbank.tls.RefusalReason.REVOKED;
import static dev.mbank.tls.RefusalReason.UNTRUSTED;
import static dev.mbank.tls.RefusalReason.WEAK_KEY;
import static dev.mbank.tls.RefusalReason.WEAK_SIGNATURE;
import static dev.mbank.tls.RefusalReason.WRONG_NAME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.tls.CertificateRefusedException;
import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates;
import io.grpc.Status;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionFailureTest {
  private static final X509Certificate CERTIFICATE =
      TestCertificates.server().selfSigned().certificate();

  static Stream<Arguments> causes() {
    return Stream.of(
        refused(UNTRUSTED, "is not signed by the CA in CA_FILE (my/ca.crt)"),
        refused(EXPIRED, "has expired: renew it"),
        refused(NOT_YET_VALID, "is not valid yet: check the clocks"),
        refused(REVOKED, "is revoked"),
        refused(CRL_MISSING, "cannot be checked: CRL_FILE (my/ca.crl) has no list of its CA"),
        refused(CRL_EXPIRED, "cannot be checked: the list in CRL_FILE (my/ca.crl) is out of date"),
        refused(WRONG_NAME, "is not for the name bank: set HOST to a name that it has"),
        refused(BAD_USAGE, "is not one for servers: it and what is above it must allow serverAuth"),
        refused(WEAK_KEY, "is too weak: the server needs RSA 2048 bits, EC 256 or more"),
        refused(WEAK_SIGNATURE, "is signed too weakly: the server needs one over SHA-256 or more"),
        refused(BAD_CHAIN, "has a chain that breaks a rule: check the CAs that signed it"),
        causes(
            new SSLException("not an SSL/TLS record: 0000"),
            "the server at bank:1 does not speak TLS"),
        causes(new UnknownHostException("bank"), "there is no host named bank: check HOST"),
        causes(
            new ConnectException("Connection refused: bank/10.0.0.1:1"),
            "nothing listens at bank:1: is bank-server running?"),
        causes(new ConnectException("No route to host"), "cannot reach bank:1"),
        causes(
            new SSLException("Received fatal alert: protocol_version"),
            "the server at bank:1 refused the handshake: protocol_version"),
        causes(new IOException("Connection reset by peer"), "the server at bank:1 hung up"));
  }

  private static Arguments refused(RefusalReason reason, String words) {
    return causes(
        new CertificateRefusedException(reason, CERTIFICATE, "the fault"),
        "the certificate of the server at bank:1 " + words);
  }

  private static Arguments causes(Throwable cause, String words) {
    return Arguments.of(cause, words);
  }

  @ParameterizedTest
  @MethodSource("causes")
  void of_cause_saysItInWords(Throwable cause, String words) {
    assertThat(explain(new SSLHandshakeException("General OpenSslEngine problem"), cause).message())
        .contains(words);
  }

  /** Of each, what is wrong, in the words of the fault, or of the file to look at. */
  @ParameterizedTest
  @EnumSource(RefusalReason.class)
  void of_refusalForAnyReason_saysMoreThanThatItIsRefused(RefusalReason reason) {
    var refused = new CertificateRefusedException(reason, CERTIFICATE, "the fault");
    String message = explain(new SSLException("General problem"), refused).message();

    assertThat(message).startsWith("the certificate of the server at bank:1 ");
    assertThat(message).containsAnyOf("(the fault)", "my/ca.crt", "my/ca.crl");
    assertThat(message).containsPattern(": |; ");
  }

  @ParameterizedTest
  @CsvSource({
    "certificate_required, CA_FILE of the server",
    "unknown_ca, CA_FILE of the server",
    "unknown_ca, CRL_FILE of the server",
    "bad_certificate, RSA 2048 bits",
    "unsupported_certificate, clientAuth",
    "illegal_parameter, digitalSignature",
    "certificate_revoked, ./generate-certs.sh renew client makes",
    "certificate_expired, ./generate-certs.sh renew client makes",
    "certificate_expired, the revocation list in CRL_FILE of the server",
    "certificate_expired, the clocks",
    "certificate_unknown, log of the server",
    "access_denied, POLICY_FILE of the server",
    "decrypt_error, KEY_FILE",
    "internal_error, log of the server"
  })
  void of_alertAboutOurCertificate_saysWhatToCheck(String alert, String check) {
    assertThat(explain(new SSLException("Received fatal alert: " + alert), null).message())
        .startsWith("the server at bank:1 refused our certificate (CERT_FILE my/client.crt): ")
        .contains(check)
        .endsWith("(" + alert + ")");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "error:1000045c:SSL routines:OPENSSL_internal:TLSV1_ALERT_CERTIFICATE_REQUIRED",
        "error:10000418:SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA",
        "error:10000412:SSL routines:OPENSSL_internal:SSLV3_ALERT_BAD_CERTIFICATE",
        "error:10000415:SSL routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "error:10000438:SSL routines:OPENSSL_internal:TLSV1_ALERT_INTERNAL_ERROR",
        "Received fatal alert: certificate_unknown",
        "(certificate_required) Received fatal alert: certificate_required",
      })
  void of_alertAboutOurCertificate_namesCertFile(String alert) {
    assertThat(explain(new SSLException(alert), null).message())
        .startsWith("the server at bank:1 refused our certificate (CERT_FILE my/client.crt): ");
  }

  @ParameterizedTest
  @CsvSource({
    "certs/billing.crt, renew billing makes",
    "billing-2.crt, renew billing-2 makes",
    "/etc/tls/tls.pem, renew NAME makes"
  })
  void of_revokedCertificate_saysHowThatOneIsMadeAnew(String certFile, String command) {
    var settings =
        new ClientSettings(
            "bank", 1, true, "ca.crt", certFile, "c.key", "", Duration.ofSeconds(5), "");
    var cause = new SSLException("Received fatal alert: certificate_revoked");
    var error = Status.UNAVAILABLE.withCause(cause).asRuntimeException();

    assertThat(ConnectionFailure.of(error, settings).message()).contains(command);
  }

  @Test
  void of_hangUpOnPlaintext_suggestsTls() {
    var settings = settings(false);
    var error = Status.UNAVAILABLE.withDescription("End of stream").asRuntimeException();

    assertThat(ConnectionFailure.of(error, settings).message()).contains("set TLS_ENABLED=true");
  }

  @Test
  void of_deadline_saysHowLong() {
    var error = Status.DEADLINE_EXCEEDED.asRuntimeException();

    assertThat(ConnectionFailure.of(error, settings(true)).message())
        .contains("no answer from bank:1 within 5000 ms");
  }

  @Test
  void of_hangUpAndNoListener_areWorthAnotherAttempt() {
    assertThat(explain(new IOException("Connection reset by peer"), null).conclusive()).isFalse();
    assertThat(explain(new ConnectException("Connection refused"), null).conclusive()).isFalse();
    assertThat(explain(new SSLException("Received fatal alert: unknown_ca"), null).conclusive())
        .isTrue();
  }

  private static ConnectionFailure explain(Exception outer, @Nullable Throwable inner) {
    outer.initCause(inner);
    var error =
        Status.UNAVAILABLE.withDescription("io exception").withCause(outer).asRuntimeException();
    return ConnectionFailure.of(error, settings(true));
  }

  private static ClientSettings settings(boolean tlsEnabled) {
    return new ClientSettings(
        "bank",
        1,
        tlsEnabled,
        "my/ca.crt",
        "my/client.crt",
        "my/client.key",
        "my/ca.crl",
        Duration.ofSeconds(5),
        "");
  }
}
