package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.type.Money;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.DepositResponse;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetBalanceResponse;
import dev.mbank.v1.Transaction;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client and a bank that fails as told. */
class RetriesTest {
  private static final Money AMOUNT = Amounts.money("EUR", "1.00");

  /** What the bank fails with before it answers. */
  private final Deque<StatusRuntimeException> failures = new ConcurrentLinkedDeque<>();

  private final List<String> requestIds = Collections.synchronizedList(new ArrayList<>());
  private final List<Duration> pauses = new ArrayList<>();
  private final String name = InProcessServerBuilder.generateName();
  private final Server server;
  private final ManagedChannel channel;

  RetriesTest() throws IOException {
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(new FailingBank())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void call_unavailable_isSentAgainWithTheSameRequestId() {
    failures.add(outcomeUnknown());
    failures.add(Status.UNAVAILABLE.asRuntimeException());
    UUID requestId = BankClient.newRequestId();

    Transaction done = bank().deposit(requestId, "alice", AMOUNT, "");

    assertThat(done.getTransactionId()).isEqualTo("tx-1");
    assertThat(requestIds).hasSize(3).containsOnly(requestId.toString());
  }

  @Test
  void call_unavailableForLong_waitsLongerEachTimeAndGivesUp() {
    failures.addAll(Collections.nCopies(100, outcomeUnknown()));
    UUID requestId = BankClient.newRequestId();

    assertThatThrownBy(() -> bank().deposit(requestId, "alice", AMOUNT, ""))
        .isInstanceOf(BankUnavailableException.class)
        .hasMessageContaining("tried 5 times")
        .hasMessageContaining("request_id " + requestId)
        .hasCauseInstanceOf(StatusRuntimeException.class);
    assertThat(requestIds).hasSize(Retries.MAX_ATTEMPTS);
    assertThat(pauses)
        .containsExactly(
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            Duration.ofMillis(400));
  }

  @Test
  void call_refused_isNotSentAgain() {
    failures.add(
        FakeBank.refusal(
            Code.FAILED_PRECONDITION, "INSUFFICIENT_FUNDS", Map.of("available", "0.00")));

    var refused =
        catchThrowableOfType(
            BankRefusedException.class,
            () -> bank().deposit(BankClient.newRequestId(), "alice", AMOUNT, ""));

    assertThat(refused.reason()).isEqualTo("INSUFFICIENT_FUNDS");
    assertThat(refused.metadata()).containsEntry("available", "0.00");
    assertThat(refused.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refused).hasMessageContaining("in the bank's words");
    assertThat(requestIds).hasSize(1);
  }

  @Test
  void call_overloaded_waitsAsTold() {
    failures.add(overloaded(2));

    bank().deposit(BankClient.newRequestId(), "alice", AMOUNT, "");

    assertThat(requestIds).hasSize(2);
    assertThat(pauses).containsExactly(Duration.ofMillis(2050));
  }

  @Test
  void call_overloadedForLongerThanTheTimeout_givesUpWithoutWaiting() {
    failures.add(overloaded(3600));

    assertThatThrownBy(() -> bank().deposit(BankClient.newRequestId(), "alice", AMOUNT, ""))
        .isInstanceOf(BankUnavailableException.class);
    assertThat(requestIds).hasSize(1);
    assertThat(pauses).isEmpty();
  }

  @Test
  void call_overloadedInEveryAttempt_saysThatNothingWasDone() {
    failures.add(storeUnavailable());
    failures.addAll(Collections.nCopies(100, overloaded(0)));

    assertThatThrownBy(() -> bank().deposit(BankClient.newRequestId(), "alice", AMOUNT, ""))
        .isInstanceOf(BankUnavailableException.class)
        .hasMessageContaining("tried 5 times")
        .hasMessageEndingWith("; nothing was done: try again later");
  }

  @Test
  void call_overloadedAfterAnUnknownOutcome_staysUnknown() {
    failures.add(outcomeUnknown());
    failures.addAll(Collections.nCopies(100, overloaded(0)));
    UUID requestId = BankClient.newRequestId();

    assertThatThrownBy(() -> bank().deposit(requestId, "alice", AMOUNT, ""))
        .isInstanceOf(BankUnavailableException.class)
        .hasMessageEndingWith("is unknown: send it again with request_id " + requestId);
  }

  @ParameterizedTest
  @EnumSource(names = {"UNKNOWN", "CANCELLED", "ABORTED", "DATA_LOSS"})
  void call_writeWithAnErrorThatIsNotTheBanks_outcomeIsUnknown(Status.Code code) {
    failures.add(code.toStatus().asRuntimeException());
    UUID requestId = BankClient.newRequestId();

    assertThatThrownBy(() -> bank().deposit(requestId, "alice", AMOUNT, ""))
        .isInstanceOf(BankUnavailableException.class)
        .hasMessageContaining("tried 1 time (" + code)
        .hasMessageEndingWith("is unknown: send it again with request_id " + requestId);
    assertThat(requestIds).hasSize(1);
  }

  @Test
  void call_resourceExhaustedWithoutRetryInfo_isNotSentAgain() {
    failures.add(Status.RESOURCE_EXHAUSTED.asRuntimeException());

    assertThatThrownBy(() -> bank().deposit(BankClient.newRequestId(), "alice", AMOUNT, ""))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(requestIds).hasSize(1);
  }

  @Test
  void call_noAnswer_endsAtTheDeadline() {
    assertThatThrownBy(() -> bank(Duration.ofMillis(200)).balance("alice"))
        .isInstanceOf(BankUnavailableException.class)
        .hasMessageContaining("tried 1 time")
        .hasMessageContaining("DEADLINE_EXCEEDED")
        .hasMessageContaining("try again later");
  }

  @Test
  void newRequestId_always_isVersion7AndInOrder() {
    UUID first = BankClient.newRequestId();
    UUID second = BankClient.newRequestId();

    assertThat(first.version()).isEqualTo(7);
    assertThat(first.toString()).isLessThan(second.toString());
  }

  private BankClient bank() {
    return bank(Duration.ofMinutes(1));
  }

  private BankClient bank(Duration timeout) {
    return new BankClient(channel, new Retries(timeout, pauses::add, bound -> 0));
  }

  private static StatusRuntimeException outcomeUnknown() {
    return FakeBank.refusal(Code.UNAVAILABLE, "OUTCOME_UNKNOWN", Map.of());
  }

  private static StatusRuntimeException storeUnavailable() {
    return FakeBank.refusal(Code.UNAVAILABLE, "STORE_UNAVAILABLE", Map.of());
  }

  private static StatusRuntimeException overloaded(long seconds) {
    var delay = com.google.protobuf.Duration.newBuilder().setSeconds(seconds);
    var info = ErrorInfo.newBuilder().setDomain("mbank.dev").setReason("OVERLOADED");
    return FakeBank.error(
        Code.RESOURCE_EXHAUSTED,
        Any.pack(info.build()),
        Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
  }

  private final class FailingBank extends FakeBank {
    @Override
    public void deposit(DepositRequest request, StreamObserver<DepositResponse> out) {
      requestIds.add(request.getRequestId());
      StatusRuntimeException failure = failures.poll();
      if (failure == null) {
        super.deposit(request, out);
      } else {
        out.onError(failure);
      }
    }

    /** Never answers. */
    @Override
    public void getBalance(GetBalanceRequest request, StreamObserver<GetBalanceResponse> out) {}
  }
}
