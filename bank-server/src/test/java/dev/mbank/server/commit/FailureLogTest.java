package dev.mbank.server.commit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureLogTest {
  private final ListAppender<ILoggingEvent> told = new ListAppender<>();
  private final FailureLog failures;

  FailureLogTest() {
    Logger logger = new LoggerContext().getLogger("test");
    logger.addAppender(told);
    told.start();
    failures = new FailureLog(logger);
  }

  @Test
  void log_theSameAgainAndAgain_isToldOnceWithItsTrace() {
    for (int i = 0; i < 1000; i++) {
      failures.log("A batch failed", new StoreUnavailableException("appending failed", full()));
    }
    assertThat(told.list).hasSize(1);
    assertThat(told.list.get(0).getThrowableProxy()).isNotNull();
  }

  @Test
  void log_anotherFailure_isToldWithItsTraceAndHowOftenTheOneBeforeCame() {
    failures.log("A batch failed", full());
    failures.log("A batch failed", full());
    failures.log("A batch failed", full());
    failures.log("A batch failed", new IllegalStateException("something else"));
    assertThat(told.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "A batch failed",
            "The failure before came 2 times more: java.lang.IllegalStateException: full",
            "A batch failed");
    assertThat(told.list.get(2).getThrowableProxy().getMessage()).isEqualTo("something else");
    assertThat(List.of(told.list.get(1))).allMatch(line -> line.getThrowableProxy() == null);
  }

  private static Exception full() {
    return new IllegalStateException("full");
  }
}
