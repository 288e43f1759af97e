package dev.mbank.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.mock.env.MockEnvironment;

class AuditFileCheckTest {
  @TempDir Path folder;

  @Test
  void postProcessEnvironment_fileInAFolderThatIsNotThere_makesBoth() throws IOException {
    Path file = folder.resolve("new/audit.jsonl");

    check(file.toString());

    assertThat(file).isEmptyFile();
    assertThat(permissions(file)).isEqualTo("rw-------");
  }

  @Test
  void postProcessEnvironment_fileThatOthersMayRead_isForItsOwnerOnly() throws IOException {
    Path file = Files.createFile(folder.resolve("audit.jsonl"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

    check(file.toString());

    assertThat(permissions(file)).isEqualTo("rw-------");
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
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

    assertTold(file.resolve("audit.jsonl"), "a file that this user may write");
    assertTold(folder, "a file, not a folder");
  }

  private static void assertTold(Path path, String expected) {
    assertThatThrownBy(() -> check(path.toString()))
        .isInstanceOf(SettingException.class)
        .hasMessage("AUDIT_FILE: " + path + " (expected: " + expected + ")");
  }

  @Test
  void postProcessEnvironment_fileOfAnotherServer_oneExactLine() throws IOException {
    Path file = folder.resolve("audit.jsonl");
    Path lock = Files.createFile(folder.resolve("audit.jsonl.lock"));
    try (FileChannel other = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock held = other.lock()) {
      assertThat(held.isValid()).isTrue();
      assertThatThrownBy(() -> check(file.toString()))
          .isInstanceOf(SettingException.class)
          .hasMessage(
              "AUDIT_FILE: "
                  + file
                  + " (expected: a file of its own for each server; another writes to this one)");
    }

    check(file.toString());
    check(file.toString()); // Started anew in this process.
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max-file-size | x | x (expected: a size such as 64MB, at least 1 Bytes)",
        "max-file-size | 0 | 0 (expected: a size such as 64MB, at least 1 Bytes)",
        "total-size | 7MB | 7MB (expected: a size such as 64MB, at least 8 MB)",
        "total-size | -1 | -1 (expected: a size such as 64MB, at least 8 MB)",
        "max-history-days | 0 | 0 (expected: 1-99999)",
        "max-history-days | year | year (expected: 1-99999)"
      })
  void postProcessEnvironment_limitThatIsNone_oneExactLine(
      String limit, String value, String line) {
    String path = folder.resolve("audit.jsonl").toString();

    assertThatThrownBy(() -> check(path, "mbank.audit." + limit, value))
        .isInstanceOf(SettingException.class)
        .hasMessage("mbank.audit." + limit + ": " + line);
  }

  private static void check(String path) {
    check(path, "mbank.audit.max-file-size", "8MB");
  }

  /** With sound limits but for one. */
  private static void check(String path, String limit, String value) {
    Map<String, String> settings =
        new HashMap<>(
            Map.of(
                "mbank.audit.file", path,
                "mbank.audit.max-file-size", "8MB",
                "mbank.audit.total-size", "8MB",
                "mbank.audit.max-history-days", "1"));
    settings.put(limit, value);
    MockEnvironment environment =
        new MockEnvironment() {
          @Override
          public String getProperty(String key, String other) {
            return settings.getOrDefault(key, other); // As it is: no placeholders resolved.
          }
        };
    new AuditFileCheck().postProcessEnvironment(environment, new SpringApplication());
  }
}
