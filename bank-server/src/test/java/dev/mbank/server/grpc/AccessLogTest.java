package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.id;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.TestBank.STRANGER;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.security.PeerCertificates;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** One line a call, and nothing in it that is nobody's business. */
class AccessLogTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger("mbank.access");
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          lines.add(event.getFormattedMessage());
        }
      };

  @TempDir Path folder;

  /** Blocks the writer before its next batch while it is not counted down. */
  private volatile CountDownLatch open = new CountDownLatch(0);

  private final CountDownLatch blocked = new CountDownLatch(1);
  private TestBank bank;

  @BeforeEach
  void start() {
    bank = TestBank.in(folder).store(this::gated).open();
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

  private LedgerStore gated(LedgerStore store) {
    return () -> {
      CountDownLatch gate = open;
      if (gate.getCount() > 0) {
        blocked.countDown();
      }
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return store.begin();
    };
  }

  @Test
  void call_anyOutcome_oneLineWithMethodPeerStatusTimeAndRequestId() {
    CreateAccountRequest opening = opening("main", "EUR");
    DepositRequest absent = deposit("absent", eur(1));

    call(bank.as(TELLER), opening);
    BankError.of(() -> call(bank.as(TELLER), absent));
    call(bank.as(TELLER), Requests.balance("main"));
    BankError.of(() -> call(bank.as(STRANGER), Requests.balance("main")));
    BankError.of(() -> call(bank.as(PeerCertificates.of("CN=x")), Requests.balance("main")));
    BankError.of(() -> call(bank.as(TELLER), Requests.balance("No Account")));

    assertThat(lines).hasSize(6);
    assertLine(0, "CreateAccount", TELLER, "OK", opening.getRequestId());
    assertLine(1, "Deposit", TELLER, "NOT_FOUND", absent.getRequestId());
    assertLine(2, "GetBalance", TELLER, "OK", "-");
    assertLine(3, "GetBalance", STRANGER, "UNAUTHENTICATED", "-");
    assertLine(4, "GetBalance", "unknown", "UNAUTHENTICATED", "-");
    assertLine(5, "GetBalance", TELLER, "INVALID_ARGUMENT", "-");
  }

  private void assertLine(int index, String method, String peer, String status, String requestId) {
    assertThat(lines.get(index).replaceAll("micros=[0-9]+", "micros=N"))
        .isEqualTo(
            "method=mbank.v1.BankService/%s peer=%s status=%s micros=N request_id=%s"
                .formatted(method, peer, status, requestId));
  }

  @Test
  void call_amountsAndWords_areNotLogged() {
    call(
        bank.as(TELLER),
        opening("hush-hush", "EUR").toBuilder().setDisplayName("Jane Roe").build());
    call(
        bank.as(TELLER),
        deposit("hush-hush", eur(918273)).toBuilder().setDescription("for the doctor").build());
    BankError.of(() -> call(bank.as(TELLER), Requests.withdraw("hush-hush", eur(918274))));
    call(bank.as(TELLER), Requests.statement("hush-hush"));

    assertThat(lines).hasSize(4);
    assertThat(String.join("\n", lines))
        .doesNotContain("91827", "doctor", "Jane", "hush-hush", "EUR");
  }

  @Test
  void call_requestIdOfLines_forgesNone() {
    String forged = "a\r\nmethod=x peer=y\u2028status=OK\u0085 " + "f".repeat(5000);
    BankError.of(
        () ->
            call(
                bank.as(TELLER), deposit("main", eur(1)).toBuilder().setRequestId(forged).build()));

    assertThat(lines).hasSize(1);
    assertThat(lines.get(0))
        .matches("method=[^ ]+ peer=[^ ]+ status=[^ ]+ micros=[0-9]+ request_id=a[?a-f]{35}");
  }

  @Test
  void call_unknownMethod_isLoggedInOneWord() {
    String name = "mbank.v1.BankService/Rob\u00fcber peer=root" + "x".repeat(5000);
    MethodDescriptor<DepositRequest, DepositResponse> method =
        BankServiceGrpc.getDepositMethod().toBuilder().setFullMethodName(name).build();

    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    bank.as(TELLER).getChannel(),
                    method,
                    CallOptions.DEFAULT,
                    deposit("main", eur(1))))
        .hasMessageStartingWith("UNIMPLEMENTED: Method not found: mbank.v1.BankService/Rob?ber?p");
    assertThat(lines)
        .singleElement()
        .asString()
        .matches(
            "method=mbank.v1.BankService/Rob[?]ber[?]peer[?]rootx{62} peer="
                + TELLER
                + " status=UNIMPLEMENTED micros=[0-9]+ request_id=-");
  }

  @Test
  void call_cancelledBeforeItsAnswer_isLoggedOnce() throws Exception {
    DepositRequest request = deposit("main", eur(1));
    call(bank.as(TELLER), opening("main", "EUR"));
    lines.clear();
    CountDownLatch gate = new CountDownLatch(1);
    open = gate;
    var answer = BankServiceGrpc.newFutureStub(bank.as(TELLER).getChannel()).deposit(request);
    assertThat(blocked.await(10, SECONDS)).isTrue();

    answer.cancel(true);
    assertThatThrownBy(answer::get)
        .isInstanceOfAny(
            ExecutionException.class, java.util.concurrent.CancellationException.class);
    open = new CountDownLatch(0);
    gate.countDown();
    // Comes after the answer of the cancelled call, for there is one writer.
    String next = id();
    call(bank.as(TELLER), deposit("main", eur(2)).toBuilder().setRequestId(next).build());

    assertThat(lines).hasSize(2);
    assertLine(0, "Deposit", TELLER, "CANCELLED", request.getRequestId());
    assertLine(1, "Deposit", TELLER, "OK", next);
  }
}
