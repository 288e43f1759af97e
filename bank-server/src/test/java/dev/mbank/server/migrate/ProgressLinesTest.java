package dev.mbank.server.migrate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);
  private long nanos;

  @Test
  void at_noTerminal_printsALineNowAndThen() {
    ProgressLines lines = new ProgressLines(out, false, () -> nanos);
    lines.begin("copy", 1_000, 5_000);
    pass(9_999);
    lines.at(1_999);
    pass(1);
    lines.at(2_000);
    lines.at(2_001);
    pass(10_000);
    lines.at(5_000);
    lines.at(5_000);
    lines.endLine();
    assertThat(bytes.toString(UTF_8).lines())
        .containsExactly(
            "copy     40 %  2000 of 5000 rows, 100/s, 30 s left",
            "copy    100 %  5000 of 5000 rows, 200/s, in 20.0 s");
  }

  @Test
  void at_terminal_movesABar() {
    ProgressLines lines = new ProgressLines(out, true, () -> nanos);
    lines.begin("prove", 0, 100);
    pass(200);
    lines.at(50);
    pass(300);
    lines.at(100);
    out.print("next");
    assertThat(bytes.toString(UTF_8).replace("\u001b[K", "|"))
        .isEqualTo(
            "\rprove   [###############               ]  50 %  50 of 100 rows, 250/s, 1 s left|"
                + "\rprove   [##############################] 100 %"
                + "  100 of 100 rows, 200/s, in 0.5 s|"
                + System.lineSeparator()
                + "next");
  }

  @Test
  void endLine_amidABar_beginsANewLine() {
    ProgressLines lines = new ProgressLines(out, true, () -> nanos);
    lines.begin("copy", 0, 100);
    pass(200);
    lines.at(1);
    lines.endLine();
    lines.endLine();
    assertThat(bytes.toString(UTF_8))
        .endsWith("\u001b[K" + System.lineSeparator())
        .containsOnlyOnce(System.lineSeparator());
  }

  @Test
  void begin_nothingToDo_isDoneAtOnce() {
    ProgressLines lines = new ProgressLines(out, false, () -> nanos);
    lines.begin("copy", 0, 0);
    assertThat(bytes.toString(UTF_8)).startsWith("copy    100 %  0 of 0 rows");
  }

  @Test
  void stop_nextRow_endsTheCopy() {
    ProgressLines lines = new ProgressLines(out, false, () -> nanos);
    lines.begin("copy", 0, 2);
    lines.stop();
    assertThatExceptionOfType(ProgressLines.StoppedException.class).isThrownBy(() -> lines.at(1));
  }

  private void pass(long millis) {
    nanos += TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
