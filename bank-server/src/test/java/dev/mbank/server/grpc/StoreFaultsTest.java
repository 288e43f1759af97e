package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.rpc.RetryInfo;
import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.OutcomeUnknownException;
import dev.mbank.server.commit.StoreUnavailableException;
import io.grpc.Status.Code;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What callers learn when the store is slow, fails or is broken. */
class StoreFaultsTest {
  private static final String SECRET = "SELECT secret FROM journal_entry";

  @TempDir Path folder;

  /** What the next commit or read does first; null for nothing. */
  private volatile @Nullable Runnable fault;

  private volatile @Nullable Runnable bug;

  @Test
  void write_queueFull_overloadedWithRetryInfo() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (TestBank bank = faulty().with("mbank.commit.queue-capacity", 1).open()) {
      call(bank.as(TELLER), opening("eur", "EUR"));
      fault = blocking(blocked, release);
      var first =
          CompletableFuture.supplyAsync(() -> call(bank.as(TELLER), deposit("eur", eur(1))));
      assertThat(blocked.await(10, SECONDS)).isTrue();

      BankError error = BankError.of(() -> call(bank.as(TELLER), deposit("eur", eur(1))));
      fault = null;
      release.countDown();

      assertOverloaded(error);
      assertThat(first.get(10, SECONDS)).isNotNull();
    }
  }

  @Test
  void read_executorFull_overloadedWithRetryInfo() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    // Not the common pool: where it has one thread, the first would keep it.
    ExecutorService callers = Executors.newCachedThreadPool();
    try (TestBank bank =
        faulty().with("mbank.grpc.read-threads", 1).with("mbank.grpc.read-queue", 1).open()) {
      call(bank.as(ALICE), opening("alice", "EUR"));
      fault = blocking(blocked, release);
      Supplier<Message> read = () -> call(bank.as(TELLER), Requests.balance("alice"));
      var running = CompletableFuture.supplyAsync(read, callers);
      assertThat(blocked.await(10, SECONDS)).isTrue();
      // One of these two waits, the other is refused.
      var second = CompletableFuture.supplyAsync(() -> outcome(read), callers);
      var third = CompletableFuture.supplyAsync(() -> outcome(read), callers);
      Object refused = CompletableFuture.anyOf(second, third).get(10, SECONDS);

      BankError write = BankError.of(() -> call(bank.as(ALICE), transfer("alice", "b", eur(1))));
      fault = null;
      release.countDown();

      assertOverloaded((BankError) refused);
      assertOverloaded(write);
      assertThat(running.get(10, SECONDS)).isNotNull();
      assertThat(List.of(second.get(10, SECONDS), third.get(10, SECONDS)))
          .hasAtLeastOneElementOfType(dev.mbank.v1.GetBalanceResponse.class);
    } finally {
      callers.shutdownNow();
    }
  }

  private static Object outcome(Supplier<Message> call) {
    try {
      return call.get();
    } catch (io.grpc.StatusRuntimeException e) {
      return BankError.from(e);
    }
  }

  private static void assertOverloaded(BankError error) {
    assertThat(error.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(error.shown()).isEqualTo("OVERLOADED {}");
    assertThat(error.detail(RetryInfo.class))
        .hasValueSatisfying(
            retry ->
                assertThat(retry.getRetryDelay())
                    .isEqualTo(Duration.newBuilder().setNanos(100_000_000).build()));
  }

  @Test
  void write_commitFails_outcomeUnknownAndTheRepeatTells() {
    try (TestBank bank = faulty().open()) {
      call(bank.as(TELLER), opening("eur", "EUR"));
      Message request = deposit("eur", eur(1));
      fault =
          () -> {
            throw new OutcomeUnknownException(SECRET, new IllegalStateException(SECRET));
          };

      BankError error = BankError.of(() -> call(bank.as(TELLER), request));
      fault = null;

      assertThat(error.code()).isEqualTo(Code.UNAVAILABLE);
      assertThat(error.shown()).isEqualTo("OUTCOME_UNKNOWN {}");
      assertThat(call(bank.as(TELLER), request)).isNotNull();
    }
  }

  @Test
  void call_storeFails_storeUnavailable() {
    try (TestBank bank = faulty().open()) {
      call(bank.as(TELLER), opening("eur", "EUR"));
      fault =
          () -> {
            throw new StoreUnavailableException(SECRET);
          };

      for (Message request : List.of(deposit("eur", eur(1)), Requests.balance("eur"))) {
        BankError error = BankError.of(() -> call(bank.as(TELLER), request));

        assertThat(error.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(error.shown()).isEqualTo("STORE_UNAVAILABLE {}");
      }
      fault = null;
    }
  }

  @Test
  void call_programmingError_internalWithAnIdThatIsInTheLog() {
    List<Supplier<Throwable>> bugs =
        List.of(() -> new NullPointerException(SECRET), () -> new StackOverflowError(SECRET));
    Logger logger = (Logger) LoggerFactory.getLogger(StatusMapper.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    logger.setAdditive(false);
    try (TestBank bank = faulty().open()) {
      call(bank.as(TELLER), opening("eur", "EUR"));
      call(bank.as(ALICE), opening("alice", "EUR"));
      for (Supplier<Throwable> each : bugs) {
        bug = () -> StoreFaultsTest.<RuntimeException>sneak(each.get());
        for (Message request :
            List.of(deposit("eur", eur(1)), Requests.balance("eur"), Requests.account("alice"))) {
          assertInternal(BankError.of(() -> call(bank.as(TELLER), request)), log);
        }
        Message customers = transfer("alice", "eur", eur(1));
        assertInternal(BankError.of(() -> call(bank.as(ALICE), customers)), log);
      }
      bug = null;
    } finally {
      logger.detachAppender(log);
      logger.setAdditive(true);
    }
  }

  private static void assertInternal(BankError error, ListAppender<ILoggingEvent> log) {
    assertThat(error.code()).isEqualTo(Code.INTERNAL);
    assertThat(error.metadata()).containsOnlyKeys("error_id");
    assertThat(error.full().toString()).doesNotContainIgnoringCase("secret");
    String errorId = error.metadata().get("error_id");
    assertThat(log.list)
        .filteredOn(event -> event.getFormattedMessage().contains("error_id=" + errorId))
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getFormattedMessage()).contains("method=mbank.v1.BankService/");
              assertThat(event.getThrowableProxy().getMessage()).isEqualTo(SECRET);
            });
  }

  private TestBank.Builder faulty() {
    return TestBank.in(folder)
        .store(store -> () -> new FaultyBatch(store.begin(), () -> run(bug), () -> run(fault)))
        .queries(this::faulty);
  }

  private static void run(@Nullable Runnable failure) {
    if (failure != null) {
      failure.run();
    }
  }

  private static Runnable blocking(CountDownLatch blocked, CountDownLatch release) {
    return () -> {
      blocked.countDown();
      try {
        release.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    };
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> void sneak(Throwable failure) throws E {
    throw (E) failure;
  }

  private LedgerQueries faulty(LedgerQueries queries) {
    return (LedgerQueries)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {LedgerQueries.class},
            (proxy, method, arguments) -> {
              run(bug);
              run(fault);
              try {
                return method.invoke(queries, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
