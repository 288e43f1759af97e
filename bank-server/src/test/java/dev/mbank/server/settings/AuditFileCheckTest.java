package dev.mbank.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.mock.env.MockEnvironment;

class AuditFileCheckTest {
  @TempDir Path folder;

  @Test
  void postProcessEnvironment_fileInAFolderThatIsNotThere_makesBoth() {
    Path file = folder.resolve("new/audit.jsonl");

    check(file.toString());

    assertThat(file).isEmptyFile();
  }

  @Test
  void postProcessEnvironment_fileWithRecords_keepsThem() throws IOException {
    Path file = Files.writeString(folder.resolve("audit.jsonl"), "{}\n");

    check(file.toString());

    assertThat(file).hasContent("{}\n");
  }

  @Test
  void postProcessEnvironment_pathThatCannotBeWritten_oneExactLine() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    for (Path path : new Path[] {folder, file.resolve("audit.jsonl")}) {
      assertThatThrownBy(() -> check(path.toString()))
          .isInstanceOf(SettingException.class)
          .hasMessage("AUDIT_FILE: " + path + " (expected: a file that this user may write)");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "audit%d.jsonl", "${HOME}", "a\\b"})
  void postProcessEnvironment_nameThatLogbackReadsOtherwise_oneExactLine(String path) {
    assertThatThrownBy(() -> check(path))
        .isInstanceOf(SettingException.class)
        .hasMessage(
            "AUDIT_FILE: "
                + (path.isBlank() ? "empty" : path)
                + " (expected: the path of a file, without any of % \\ $ { })");
  }

  private static void check(String path) {
    MockEnvironment environment =
        new MockEnvironment() {
          @Override
          public String getProperty(String key, String other) {
            return path; // As it is: no placeholders resolved.
          }
        };
    new AuditFileCheck().postProcessEnvironment(environment, new SpringApplication());
  }
}
