package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetBalanceRequest;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The audit trail as the real server leaves it on the disk. */
class AuditFileIT {
  private static final Issued CA = TestCertificates.authority("test CA").selfSigned();
  private static final Issued CLIENT = TestCertificates.client(TestClient.IDENTITY).issuedBy(CA);
  private static final Issued STRANGER =
      TestCertificates.client("spiffe://mbank.local/stranger").issuedBy(CA);

  /** Would begin a line of its own, for one reader of lines or another. */
  private static final String FORGED = "a\r\n{\u2028\u0085ä";

  private static final int DEPOSITS = 200;

  @TempDir Path folder;

  @Test
  void trail_ofWritesAndDenials_isCompleteThroughRotation() throws Exception {
    CA.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(CA).writeTo(folder, "server");
    List<String> ids = new ArrayList<>();
    try (RunningServer server = RunningServer.start(folder, "mbank.audit.max-file-size=8KB");
        TestClient client = TestClient.trusting(CA, CLIENT, server.port());
        TestClient stranger = TestClient.trusting(CA, STRANGER, server.port())) {
      GetBalanceRequest read = GetBalanceRequest.newBuilder().setAccountId("main").build();
      client.bank().createAccount(TestClient.opening("main"));
      for (int i = 0; i < DEPOSITS; i++) {
        DepositRequest request = TestClient.deposit("main", 918273);
        ids.add(request.getRequestId());
        client.bank().deposit(request);
        client.bank().getBalance(read);
      }
      assertThat(
              catchThrowableOfType(
                  StatusRuntimeException.class, () -> stranger.bank().getBalance(read)))
          .isNotNull();
      DepositRequest forging = TestClient.deposit(FORGED, 918273);
      assertThat(
              catchThrowableOfType(
                  StatusRuntimeException.class, () -> client.bank().deposit(forging)))
          .isNotNull();
      assertThat(server.part(MeterRegistry.class).get("mbank.audit.writable").gauge().value())
          .isEqualTo(1);
      // The opening, the deposits and the denial and the forgery; rolled files are compressed in
      // the background.
      await()
          .atMost(Duration.ofSeconds(20))
          .ignoreException(java.io.EOFException.class)
          .until(() -> records().size() == DEPOSITS + 3 && files().size() > 3);
    }

    List<Map<String, String>> records = records();
    assertThat(records.stream().map(each -> each.get("request_id")).collect(Collectors.toSet()))
        .containsAll(ids);
    assertThat(records)
        .filteredOn(each -> ids.contains(each.get("request_id")))
        .hasSize(DEPOSITS)
        .allSatisfy(
            each -> {
              assertThat(each.keySet())
                  .isEqualTo(
                      Set.of(
                          "time",
                          "identity",
                          "certificate_serial",
                          "rpc",
                          "request_id",
                          "account_id",
                          "transaction_id",
                          "outcome"));
              assertThat(each)
                  .containsEntry("identity", TestClient.IDENTITY)
                  .containsEntry("certificate_serial", serial(CLIENT))
                  .containsEntry("outcome", "OK");
            });
    assertThat(records)
        .filteredOn(each -> each.get("rpc").endsWith("/GetBalance"))
        .singleElement()
        .satisfies(
            each ->
                assertThat(each)
                    .containsEntry("identity", "spiffe://mbank.local/stranger")
                    .containsEntry("certificate_serial", serial(STRANGER))
                    .containsEntry("outcome", "UNKNOWN_IDENTITY"));
    assertThat(records)
        .filteredOn(each -> each.get("outcome").equals("INVALID_FIELD"))
        .singleElement()
        .satisfies(each -> assertThat(each).containsEntry("account_id", FORGED));
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreException(java.nio.file.NoSuchFileException.class)
        .untilAsserted(this::assertForOwnerOnly);
    assertThat(String.join("\n", lines())).doesNotContain("918273", "EUR", "BEGIN");
  }

  /** Rolled files are so a few seconds after they are compressed. */
  private void assertForOwnerOnly() throws IOException {
    for (Path file : files()) {
      if (!file.toString().endsWith(".lock")) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as("%s", file)
            .isEqualTo("rw-------");
      }
    }
  }

  private static String serial(Issued issued) {
    return issued.certificate().getSerialNumber().toString(16);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith("audit.jsonl")).toList();
    }
  }

  private List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path file : files()) {
      try (InputStream raw = Files.newInputStream(file);
          InputStream text = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
        new String(text.readAllBytes(), StandardCharsets.US_ASCII).lines().forEach(lines::add);
      }
    }
    return lines;
  }

  private List<Map<String, String>> records() throws IOException {
    return lines().stream()
        .map(
            line ->
                JsonMapper.shared().readValue(line, new TypeReference<Map<String, String>>() {}))
        .toList();
  }
}
