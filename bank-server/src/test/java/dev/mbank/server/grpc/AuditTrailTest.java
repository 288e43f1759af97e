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
import static dev.mbank.server.grpc.TestBank.STRANGER;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.google.protobuf.Message;
import dev.mbank.server.security.PeerCertificates;
import dev.mbank.v1.BankServiceGrpc;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import net.logstash.logback.composite.loggingevent.ArgumentsJsonProvider;
import net.logstash.logback.decorate.json.JsonWriteFeatureDecorator;
import net.logstash.logback.encoder.LoggingEventCompositeJsonEncoder;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Which calls are in the audit trail, and what of them. */
class AuditTrailTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger("mbank.audit");
  private final List<Object> queued = new CopyOnWriteArrayList<>();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final LoggingEventCompositeJsonEncoder encoder = new LoggingEventCompositeJsonEncoder();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          queued.add(event.getArgumentArray()[0]);
          lines.add(new String(encoder.encode(event), US_ASCII).strip());
        }
      };

  @TempDir Path folder;

  /** Blocks the writer before its next batch while it is not counted down. */
  private volatile CountDownLatch open = new CountDownLatch(0);

  private final CountDownLatch blocked = new CountDownLatch(1);
  private TestBank bank;

  @BeforeEach
  void start() {
    bank =
        TestBank.in(folder)
            .store(
                store ->
                    () -> {
                      CountDownLatch gate = open;
                      if (gate.getCount() > 0) {
                        blocked.countDown();
                      }
                      await(gate);
                      return store.begin();
                    })
            .open();
    // As logback-spring.xml has it.
    JsonWriteFeatureDecorator ascii = new JsonWriteFeatureDecorator();
    ascii.addEnable(JsonWriteFeature.ESCAPE_NON_ASCII.name());
    encoder.addDecorator(ascii);
    encoder.getProviders().addProvider(new ArgumentsJsonProvider());
    encoder.setContext(logger.getLoggerContext());
    encoder.start();
    appender.start();
    logger.addAppender(appender);
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(appender);
    logger.setLevel(null);
    logger.setAdditive(true);
    bank.close();
  }

  private static void await(CountDownLatch gate) {
    try {
      assertThat(gate.await(20, SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void write_done_isRecordedWithItsTransaction() {
    Instant begin = Instant.now().minusMillis(1);
    Message opening = with(opening("main", "EUR"), "account_id", "");
    String made =
        ((dev.mbank.v1.CreateAccountResponse) call(bank.as(ALICE), opening))
            .getAccount()
            .getAccountId();
    call(bank.as(TELLER), opening("other", "EUR"));
    call(bank.as(TELLER), deposit(made, eur(5)));
    call(bank.as(ALICE), withdraw(made, eur(1)));
    call(bank.as(ALICE), transfer(made, "other", eur(1)));

    assertThat(records())
        .extracting(each -> shown(each, "request_id"))
        .containsExactly(
            "CreateAccount " + ALICE + " OK {account_id=" + made + ", transaction_id=tx-1}",
            "CreateAccount " + TELLER + " OK {account_id=other, transaction_id=tx-2}",
            "Deposit " + TELLER + " OK {account_id=" + made + ", transaction_id=tx-3}",
            "Withdraw " + ALICE + " OK {account_id=" + made + ", transaction_id=tx-4}",
            "Transfer "
                + ALICE
                + " OK {destination_account_id=other, source_account_id="
                + made
                + ", transaction_id=tx-5}");
    assertThat(records())
        .allSatisfy(
            each -> {
              assertThat(Instant.parse(each.get("time"))).isBetween(begin, Instant.now());
              assertThat(each).containsEntry("certificate_serial", "5eb1a1");
            });
    assertThat(records().get(0))
        .containsEntry(
            "request_id",
            (String)
                opening.getField(opening.getDescriptorForType().findFieldByName("request_id")));
  }

  @Test
  void write_refusedOrMalformed_isRecordedWithTheContractsReason() {
    call(bank.as(TELLER), opening("main", "EUR"));
    lines.clear();
    Message first = deposit("main", eur(5));
    call(bank.as(TELLER), first);
    call(bank.as(TELLER), first);
    BankError.of(() -> call(bank.as(TELLER), with(first, "description", "changed")));
    BankError.of(() -> call(bank.as(TELLER), withdraw("main", eur(6))));
    BankError.of(() -> call(bank.as(TELLER), deposit("absent", eur(1))));
    BankError.of(() -> call(bank.as(TELLER), deposit("Not well-formed", eur(1))));

    assertThat(records())
        .extracting(each -> shown(each, "request_id"))
        .containsExactly(
            "Deposit " + TELLER + " OK {account_id=main, transaction_id=tx-2}",
            "Deposit " + TELLER + " OK {account_id=main, transaction_id=tx-2}",
            "Deposit " + TELLER + " REQUEST_ID_REUSED {account_id=main}",
            "Withdraw " + TELLER + " INSUFFICIENT_FUNDS {account_id=main}",
            "Deposit " + TELLER + " ACCOUNT_NOT_FOUND {account_id=absent}",
            "Deposit " + TELLER + " INVALID_FIELD {account_id=Not well-formed}");
  }

  @Test
  void read_deniedOnly_isRecorded() {
    call(bank.as(TELLER), opening("main", "EUR"));
    lines.clear();
    call(bank.as(TELLER), Requests.balance("main"));
    call(bank.as(AUDITOR), Requests.transaction("tx-1"));
    BankError.of(() -> call(bank.as(TELLER), Requests.balance("absent")));
    assertThat(lines).isEmpty();

    BankError.of(() -> call(bank.as(ALICE), Requests.balance("main")));
    BankError.of(() -> call(bank.as(ALICE), Requests.transaction("tx-1")));
    BankError.of(() -> call(bank.as(STRANGER), Requests.accounts()));
    BankError.of(() -> call(bank.as(PeerCertificates.of("CN=x")), Requests.account("main")));
    BankError.of(() -> call(bank.as(AUDITOR), opening("new", "EUR")));

    assertThat(records())
        .extracting(each -> shown(each, "request_id"))
        .containsExactly(
            "GetBalance " + ALICE + " PERMISSION_DENIED {account_id=main}",
            "GetTransaction " + ALICE + " PERMISSION_DENIED {transaction_id=tx-1}",
            "ListAccounts " + STRANGER + " UNKNOWN_IDENTITY {}",
            "GetAccount unknown UNKNOWN_IDENTITY {account_id=main}",
            "CreateAccount " + AUDITOR + " PERMISSION_DENIED {account_id=new}");
  }

  @Test
  void write_callerHangsUpBeforeTheAnswer_isRecordedAsDone() throws Exception {
    call(bank.as(TELLER), opening("main", "EUR"));
    lines.clear();
    CountDownLatch gate = new CountDownLatch(1);
    open = gate;
    var answer =
        BankServiceGrpc.newFutureStub(bank.as(TELLER).getChannel())
            .deposit(deposit("main", eur(1)));
    assertThat(blocked.await(10, SECONDS)).isTrue();

    answer.cancel(true);
    open = new CountDownLatch(0);
    gate.countDown();
    // Comes after the answer of the cancelled call, for there is one writer.
    call(bank.as(TELLER), deposit("main", eur(2)));

    assertThat(records())
        .extracting(each -> shown(each, "request_id"))
        .containsExactly(
            "Deposit " + TELLER + " OK {account_id=main, transaction_id=tx-2}",
            "Deposit " + TELLER + " OK {account_id=main, transaction_id=tx-3}");
  }

  @Test
  void record_amountsNamesAndWords_areNotInIt() {
    call(bank.as(TELLER), with(opening("main", "EUR"), "display_name", "Jane Roe"));
    call(bank.as(TELLER), with(deposit("main", eur(918273)), "description", "for the doctor"));
    BankError.of(() -> call(bank.as(TELLER), withdraw("main", eur(918274))));

    assertThat(lines).hasSize(3);
    assertThat(String.join("\n", lines))
        .doesNotContain("91827", "doctor", "Jane", "EUR", "PRIVATE", "CN=");
  }

  /** Thousands may wait in the queue, and a request may be large. */
  @Test
  void record_waiting_holdsIdsInsteadOfTheRequest() {
    BankError.of(() -> call(bank.as(TELLER), deposit("x".repeat(10_000), eur(1))));

    assertThat(queued)
        .singleElement()
        .extracting("ids", as(InstanceOfAssertFactories.LIST))
        .contains("x".repeat(64) + "...");
    assertThat(AuditRecord.class.getRecordComponents())
        .noneMatch(component -> component.getType().isAssignableFrom(Message.class));
  }

  @Test
  void record_idsThatForge_stayInTheirStringsAndAreCut() {
    String forged = "a\"}\r\n{\"outcome\":\"OK\",\u2028\u0085\u0000\\";
    BankError.of(() -> call(bank.as(TELLER), with(deposit(forged, eur(1)), "request_id", forged)));
    String smileys = "x" + "\ud83d\ude00".repeat(1000);
    BankError.of(() -> call(bank.as(TELLER), with(deposit("m", eur(1)), "request_id", smileys)));

    assertThat(lines).hasSize(2).allMatch(line -> line.matches("[ -~]{1,1000}"));
    assertThat(records().get(0))
        .containsEntry("request_id", forged)
        .containsEntry("account_id", forged)
        .containsEntry("outcome", "INVALID_FIELD");
    assertThat(records().get(1))
        .containsEntry("request_id", "x" + "\ud83d\ude00".repeat(31) + "...");
  }

  private List<Map<String, String>> records() {
    return lines.stream()
        .map(
            line ->
                JsonMapper.shared().readValue(line, new TypeReference<Map<String, String>>() {}))
        .toList();
  }

  /** Method, identity and outcome, then the ids but one. */
  private static String shown(Map<String, String> record, String without) {
    Map<String, String> ids = new TreeMap<>(record);
    ids.keySet().removeIf(key -> !key.endsWith("_id") || key.equals(without));
    return record.get("rpc").replace("mbank.v1.BankService/", "")
        + " "
        + record.get("identity")
        + " "
        + record.get("outcome")
        + " "
        + ids;
  }
}
