package dev.mbank.server.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.core.ContextBase;
import ch.qos.logback.core.encoder.EchoEncoder;
import ch.qos.logback.core.rolling.RollingPolicyBase;
import ch.qos.logback.core.rolling.TriggeringPolicyBase;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditFileAppenderTest {
  private final AuditFileAppender<String> appender = new AuditFileAppender<>();
  @TempDir Path folder;

  @AfterEach
  void stop() {
    appender.stop();
  }

  /** Linux has a device that is always full. */
  @Test
  void isWritable_diskFullAndThenNot_saysSo() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    Files.createSymbolicLink(file, Path.of("/dev/full"));
    start(file);
    assertThat(appender.isWritable()).isTrue();

    appender.doAppend("lost");
    assertThat(appender.isWritable()).isFalse();

    Files.delete(file);
    Files.writeString(file, "torn");
    await()
        .until(
            () -> {
              appender.doAppend("a try");
              return appender.isWritable();
            });
    appender.doAppend("kept");
    appender.doAppend("last");
    assertThat(file).content().startsWith("torn\n").endsWith("kept\nlast\n");
  }

  private void start(Path file) {
    ContextBase context = new ContextBase();
    appender.setContext(context);
    appender.setFile(file.toString());
    EchoEncoder<String> encoder = new EchoEncoder<>();
    encoder.start();
    appender.setEncoder(encoder);
    TriggeringPolicyBase<String> never =
        new TriggeringPolicyBase<>() {
          @Override
          public boolean isTriggeringEvent(File active, String event) {
            return false;
          }
        };
    never.start();
    appender.setTriggeringPolicy(never);
    RollingPolicyBase nowhere =
        new RollingPolicyBase() {
          @Override
          public void rollover() {}

          @Override
          public String getActiveFileName() {
            return file.toString();
          }
        };
    nowhere.setParent(appender);
    nowhere.start();
    appender.setRollingPolicy(nowhere);
    appender.start();
  }
}
