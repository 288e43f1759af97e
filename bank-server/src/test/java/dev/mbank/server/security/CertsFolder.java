package dev.mbank.server.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.temporal.ChronoUnit.DAYS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;

/** A folder for {@code generate-certs.sh} to work in, and what a test asks about its files. */
abstract class CertsFolder {

  @TempDir Path dir;

  record Result(int exit, String output) {}

  String runOk(String... args) throws Exception {
    var result = run(args);
    assertEquals(0, result.exit(), result.output());
    return result.output();
  }

  Result run(String... args) throws Exception {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("generate-certs.sh"))) {
      root = root.getParent(); // null, and so an error, if no folder above has the script
    }
    var command = new ArrayList<>(List.of("./generate-certs.sh", "--out", dir.toString()));
    command.addAll(List.of(args));
    var result = start(root, command);
    assertThat(result.output()).doesNotContain("PRIVATE KEY");
    return result;
  }

  /** What openssl says of files in the folder. */
  String openssl(String... args) throws Exception {
    var command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(args));
    return start(dir, command).output();
  }

  private static Result start(Path folder, List<String> command) throws Exception {
    var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Result(process.waitFor(), output);
  }

  Map<String, String> contents() throws Exception {
    var contents = new TreeMap<String, String>();
    try (var files = Files.newDirectoryStream(dir)) {
      for (Path file : files) {
        if (Files.isRegularFile(file)) {
          contents.put(file.getFileName().toString(), Files.readString(file));
        }
      }
    }
    return contents;
  }

  List<String> changedSince(Map<String, String> before) throws Exception {
    var now = contents();
    return now.keySet().stream().filter(f -> !now.get(f).equals(before.get(f))).toList();
  }

  X509Certificate cert(String name) throws Exception {
    try (var in = Files.newInputStream(dir.resolve(name + ".crt"))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  String permissions(String file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve(file)));
  }

  long days(String name) throws Exception {
    var start = cert(name).getNotBefore().toInstant();
    return start.until(cert(name).getNotAfter().toInstant(), DAYS);
  }
}
