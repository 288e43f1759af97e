package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.Requests.with;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.AUDITOR;
import static dev.mbank.server.grpc.TestBank.REPORTS;
import static dev.mbank.server.grpc.TestBank.STRANGER;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.mbank.server.security.PeerCertificates;
import io.grpc.Status.Code;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who is refused, before anything else is looked at but the form of the request. */
class BankServicePermissionTest {
  private static final String ABSENT = "absent";

  @TempDir static Path folder;
  private static TestBank bank;

  @BeforeAll
  static void open() {
    bank = TestBank.open(folder);
    for (String account : List.of("eur", "poor")) {
      call(bank.as(TELLER), opening(account, "EUR"));
    }
    call(bank.as(ALICE), opening("alice", "EUR"));
    call(bank.as(TELLER), deposit("eur", eur(100)));
    call(bank.as(TELLER), deposit("alice", eur(100)));
  }

  @AfterAll
  static void close() {
    bank.close();
  }

  /** One request for each method, on an account that is there. */
  private static List<Message> everyMethod() {
    return everyMethod("eur");
  }

  private static List<Message> everyMethod(String account) {
    return Stream.concat(
            Stream.of(opening("never-opened", "EUR"), Requests.accounts()),
            everyMethodOn(account).stream())
        .toList();
  }

  private static List<Message> everyMethodOn(String account) {
    return List.of(
        deposit(account, eur(1)),
        withdraw(account, eur(1)),
        transfer(account, "poor", eur(1)),
        Requests.account(account),
        Requests.balance(account),
        Requests.statement(account),
        Requests.transaction(account.equals(ABSENT) ? "tx-999999" : "tx-1"));
  }

  @ParameterizedTest
  @MethodSource("everyMethod")
  void call_identityWithoutRole_unknownIdentity(Message request) {
    BankError error = BankError.of(() -> call(bank.as(STRANGER), request));

    assertThat(error.code()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(error.shown()).isEqualTo("UNKNOWN_IDENTITY {}");
  }

  @Test
  void call_certificateWithoutOneUri_unknownIdentity() {
    GeneralName teller = new GeneralName(GeneralName.uniformResourceIdentifier, TELLER);
    GeneralName other = new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://other/x");
    for (var certificate :
        List.of(
            PeerCertificates.of("CN=" + TELLER.replace("/", "\\/")),
            PeerCertificates.of("CN=test", new GeneralName(GeneralName.dNSName, "teller")),
            PeerCertificates.of("CN=test", teller, other))) {
      BankError error = BankError.of(() -> call(bank.as(certificate), Requests.balance("eur")));

      assertThat(error.shown()).isEqualTo("UNKNOWN_IDENTITY {}");
    }
  }

  @Test
  void call_certificateOfOneGrantedDnsName_isLetIn() {
    for (String name : List.of(REPORTS, "Reports.MBANK.test")) {
      var certificate = PeerCertificates.of("CN=other", new GeneralName(GeneralName.dNSName, name));

      assertThat(call(bank.as(certificate), Requests.balance("eur"))).isNotNull();
      assertThat(BankError.of(() -> call(bank.as(certificate), deposit("eur", eur(1)))).shown())
          .isEqualTo(
              "PERMISSION_DENIED {identity=dns:reports.mbank.test,"
                  + " method=mbank.v1.BankService/Deposit}");
    }
  }

  @Test
  void call_certificateThatPosesAsADnsName_unknownIdentity() {
    for (var certificate :
        List.of(
            PeerCertificates.ofUri("dns:" + REPORTS),
            PeerCertificates.of("CN=" + REPORTS),
            PeerCertificates.of(
                "CN=test",
                new GeneralName(GeneralName.dNSName, REPORTS),
                new GeneralName(GeneralName.dNSName, "other.mbank.test")),
            PeerCertificates.of(
                "CN=test",
                new GeneralName(GeneralName.dNSName, REPORTS),
                new GeneralName(GeneralName.uniformResourceIdentifier, STRANGER)))) {
      BankError error = BankError.of(() -> call(bank.as(certificate), Requests.balance("eur")));

      assertThat(error.shown()).isEqualTo("UNKNOWN_IDENTITY {}");
    }
  }

  @Test
  void write_auditor_permissionDeniedNamingIdentityAndMethod() {
    BankError error = BankError.of(() -> call(bank.as(AUDITOR), deposit("eur", eur(1))));

    assertThat(error.code()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(error.reason()).isEqualTo("PERMISSION_DENIED");
    assertThat(error.metadata())
        .isEqualTo(Map.of("identity", AUDITOR, "method", "mbank.v1.BankService/Deposit"));
  }

  @ParameterizedTest
  @MethodSource("namesOfMethodsOnAnAccount")
  void call_customerOnForeignAndOnAbsentAccount_sameAnswerToTheByte(String type) {
    BankError foreign = BankError.of(() -> call(bank.as(ALICE), ofType(type, "eur")));
    BankError absent = BankError.of(() -> call(bank.as(ALICE), ofType(type, ABSENT)));

    assertThat(foreign.reason()).isEqualTo("PERMISSION_DENIED");
    assertThat(foreign.full().toByteArray()).isEqualTo(absent.full().toByteArray());
  }

  static Stream<String> namesOfMethodsOnAnAccount() {
    return everyMethodOn("eur").stream().map(each -> each.getDescriptorForType().getName());
  }

  private static Message ofType(String type, String account) {
    return everyMethodOn(account).stream()
        .filter(each -> each.getDescriptorForType().getName().equals(type))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void call_severalFaults_wellFormedComesBeforeAuthenticated() {
    for (Message request : everyMethod()) {
      String field =
          request.getDescriptorForType().getFields().stream()
              .map(each -> each.getName())
              .filter(name -> name.endsWith("_id") || name.equals("page_token"))
              .findFirst()
              .orElseThrow();

      BankError error =
          BankError.of(() -> call(bank.as(STRANGER), with(request, field, "Not well-formed")));

      assertThat(error.shown()).isEqualTo("INVALID_FIELD {field=" + field + "}");
    }
  }

  @Test
  void call_severalFaults_permissionComesBeforeRequestIdAndExistence() {
    Message first = withdraw("alice", eur(1));
    call(bank.as(ALICE), first);
    // Somebody else's account, with a request id that was used.
    Message second = with(first, "account_id", "eur");
    assertThat(BankError.of(() -> call(bank.as(ALICE), second)).reason())
        .isEqualTo("PERMISSION_DENIED");
    assertThat(BankError.of(() -> call(bank.as(AUDITOR), deposit(ABSENT, eur(1)))).reason())
        .isEqualTo("PERMISSION_DENIED");
    assertThat(BankError.of(() -> call(bank.as(AUDITOR), opening("eur", "EUR"))).reason())
        .isEqualTo("PERMISSION_DENIED");
  }
}
