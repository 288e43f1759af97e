package dev.mbank.server.migrate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mbank.server.store.CopySide;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MigrateCommandTest {
  private static final String URLS = "jdbc:sqlite:FILE or jdbc:postgresql://HOST:PORT/DATABASE";

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @ParameterizedTest
  @CsvSource({
    "'', --from: empty (expected: " + URLS + ")",
    "--from, --from: empty (expected: " + URLS + ")",
    "--from x, --from: x (expected: " + URLS + ")",
    "--from jdbc:sqlite:x, --to: empty (expected: " + URLS + ")",
    "--from=jdbc:sqlite:x --to=jdbc:x?password=secret, "
        + "--to: jdbc:x?password=*** (expected: "
        + URLS
        + ")",
    "--password=secret, migrate: --password (expected: --from URL --to URL; --help tells more)",
    "--to a --to b, migrate: --to (expected: each option once)",
  })
  void run_wrongOption_isToldInOneLine(String arguments, String told) {
    List<String> words = arguments.isEmpty() ? List.of() : List.of(arguments.split(" "));
    assertEquals(2, run(words));
    assertThat(err.toString(UTF_8)).isEqualTo("bank-server: " + told + System.lineSeparator());
    assertThat(out.toString(UTF_8)).isEmpty();
  }

  @Test
  void run_help_tellsTheOptions() {
    assertEquals(0, run(List.of("--help")));
    assertThat(out.toString(UTF_8)).contains("--from URL", "--to URL", "DATABASE_PASSWORD");
  }

  @Test
  void run_emptyJournal_isTheSame() {
    String from = "jdbc:sqlite:" + folder.resolve("from.db");
    Flyway.configure()
        .dataSource(from, "", "")
        .locations("classpath:db/migration/sqlite")
        .load()
        .migrate();
    assertEquals(0, run(List.of("--from", from, "--to", "jdbc:sqlite:" + folder.resolve("to.db"))));
    assertThat(out.toString(UTF_8)).contains("The journals are the same; copied now: 0 rows");
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void parse_usernamesAndPassword_areTheOptionsOrTheEnvironments() {
    Map<String, String> variables =
        Map.of("DATABASE_USERNAME", "bank", "DATABASE_PASSWORD", "secret");
    List<String> arguments =
        List.of("--from=jdbc:postgresql:a", "--to", "jdbc:postgresql:b", "--to-username=new");
    assertThat(MigrateOptions.parse(arguments, variables))
        .isEqualTo(
            new MigrateOptions(
                new CopySide("--from", "jdbc:postgresql:a", "bank", "secret"),
                new CopySide("--to", "jdbc:postgresql:b", "new", "secret")));
  }

  private int run(List<String> arguments) {
    PrintStream lines = new PrintStream(out, true, UTF_8);
    MigrateCommand command =
        new MigrateCommand(
            lines, new PrintStream(err, true, UTF_8), new ProgressLines(lines, false, () -> 0));
    return command.run(arguments, Map.of());
  }
}
