package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The runnable jar as a process, on free ports, in a folder of the test. What it writes goes into
 * files there, and so do the libraries that it unpacks, which a killed process leaves behind.
 */
final class ServerProcess implements AutoCloseable {
  private static final Pattern READY = Pattern.compile("bank-server ready: grpc \\S+:([0-9]+) \\(");
  private static final Pattern MANAGEMENT = Pattern.compile(", management \\S+:([0-9]+),");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Path stdout;
  private final Path stderr;

  private ServerProcess(Process process, Path stdout, Path stderr) {
    this.process = process;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /**
   * Starts it and returns at once.
   *
   * @param folder the working directory
   * @param variables in its environment, which has nothing else but free ports
   * @param jvm options of the JVM
   */
  static ServerProcess start(Path folder, Map<String, String> variables, String... jvm) {
    return start(folder, variables, List.of(jvm), List.of());
  }

  /** Starts it with a command that it is to run. */
  static ServerProcess startCommand(
      Path folder, Map<String, String> variables, String... arguments) {
    return start(folder, variables, List.of(), List.of(arguments));
  }

  private static ServerProcess start(
      Path folder, Map<String, String> variables, List<String> jvm, List<String> arguments) {
    Path jar = Path.of("target", "bank-server.jar").toAbsolutePath();
    assertThat(jar).as("the jar that `./mvnw package` makes").isRegularFile();
    try {
      Path files = Files.createTempDirectory(folder, "process");
      Path stdout = files.resolve("stdout");
      Path stderr = files.resolve("stderr");
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-Djava.io.tmpdir=" + files);
      command.addAll(jvm);
      command.addAll(List.of("-jar", jar.toString()));
      command.addAll(arguments);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectOutput(stdout.toFile())
              .redirectError(stderr.toFile());
      Map<String, String> environment = builder.environment();
      environment.clear();
      environment.put("PORT", "0");
      environment.put("MANAGEMENT_PORT", "0");
      environment.putAll(variables);
      return new ServerProcess(builder.start(), stdout, stderr);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it sooner than is good for speed later: for tests that need many starts. */
  static ServerProcess startQuickly(Path folder, Map<String, String> variables) {
    return start(folder, variables, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
  }

  /** Waits for the line that says it is ready; the port of gRPC is in it. */
  int awaitReady() {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !process.isAlive() || READY.matcher(stdout()).find());
    Matcher ready = READY.matcher(stdout());
    assertThat(ready.find()).as("ready: %s%s", stdout(), stderr()).isTrue();
    return Integer.parseInt(ready.group(1));
  }

  /** The port of health and metrics, of one that is ready. */
  int managementPort() {
    Matcher management = MANAGEMENT.matcher(stdout());
    assertThat(management.find()).as("ready: %s", stdout()).isTrue();
    return Integer.parseInt(management.group(1));
  }

  /** Waits for its end; the exit code. */
  int awaitExit() throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as("ended: %s", stdout())
        .isTrue();
    return process.exitValue();
  }

  /** What it has used of the processors so far. */
  Duration processorTime() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  /** SIGSTOP: it stands still, its connections stay. */
  void freeze() throws Exception {
    signal("STOP");
  }

  /** SIGCONT. */
  void thaw() throws Exception {
    signal("CONT");
  }

  private void signal(String name) throws Exception {
    String[] command = {"kill", "-" + name, "" + process.pid()};
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
  }

  String stdout() {
    return read(stdout);
  }

  String stderr() {
    return read(stderr);
  }

  /** Leaves nothing running, whatever the test came to. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
