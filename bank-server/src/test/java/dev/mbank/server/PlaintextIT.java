package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.GetTransactionRequest;
import dev.mbank.v1.ListAccountsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The server with TLS_ENABLED=false. */
@ExtendWith(OutputCaptureExtension.class)
class PlaintextIT {
  @TempDir Path folder;

  @Test
  void tlsDisabled_serverThatHasNoCertificates_warnsAndServesAnonymous(CapturedOutput output) {
    try (RunningServer server = RunningServer.start(folder, "TLS_ENABLED=false")) {
      assertThat(output).containsPattern(" WARN .*TLS_ENABLED=false: NO ENCRYPTION");
      try (TestClient client = TestClient.plaintext(server.port())) {
        var bank = client.bank();
        var account = bank.createAccount(TestClient.opening("open-door")).getAccount();
        var answered = bank.deposit(TestClient.deposit("open-door", 3)).getTransaction();

        assertEquals("anonymous", account.getOwner());
        var read =
            bank.getTransaction(
                GetTransactionRequest.newBuilder()
                    .setTransactionId(answered.getTransactionId())
                    .build());
        assertEquals(answered, read.getTransaction());
      }
      assertTlsClientFails(server.port());
    }
  }

  private static void assertTlsClientFails(int port) {
    Issued ca = TestCertificates.authority("test CA").selfSigned();
    Issued own = TestCertificates.client(TestClient.IDENTITY).issuedBy(ca);
    try (TestClient client = TestClient.trusting(ca, own, port)) {
      var bank = client.bank();
      var error =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> bank.listAccounts(ListAccountsRequest.getDefaultInstance()));
      assertEquals(Status.Code.UNAVAILABLE, error.getStatus().getCode(), error::toString);
    }
  }
}
