package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL of the test's own, on a port that stays the same, which the test stops, kills and
 * starts again. The programs are those that the build has from Maven Central.
 */
final class PostgresProcess implements AutoCloseable {
  private final Path bin;
  private final Path data;
  private final int port;
  private final List<String> wrapper;

  private PostgresProcess(Path bin, Path data, int port, List<String> wrapper) {
    this.bin = bin;
    this.data = data;
    this.port = port;
    this.wrapper = wrapper;
  }

  /** Makes a cluster in a folder and starts it; with settings as {@code name = value}. */
  static PostgresProcess start(Path data, String... settings) throws Exception {
    return startIn(List.of(), data, settings);
  }

  /** Starts it by another program, which gets the command as its last arguments. */
  static PostgresProcess startIn(List<String> wrapper, Path data, String... settings)
      throws Exception {
    Path bin;
    try (EmbeddedPostgres once =
        EmbeddedPostgres.builder().setDataDirectory(data).setCleanDataDirectory(false).start()) {
      assertThat(once).isNotNull();
      bin = Path.of(postmaster(data).info().command().orElseThrow()).getParent();
    }
    PostgresProcess made = new PostgresProcess(bin, data, freePort(), wrapper);
    made.configure(settings);
    made.start();
    return made;
  }

  /** A copy of this one, which must have ended in order, as a standby of it; not started yet. */
  PostgresProcess standby(Path copy) throws IOException {
    assertThat(data.resolve("postmaster.pid")).doesNotExist();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, copy.resolve(data.relativize(file)));
      }
    }
    Files.setPosixFilePermissions(copy, Files.getPosixFilePermissions(data));
    PostgresProcess standby = new PostgresProcess(bin, copy, freePort(), wrapper);
    standby.configure(
        "primary_conninfo = 'host=127.0.0.1 port=" + port + " user=postgres'", "hot_standby = on");
    Files.createFile(copy.resolve("standby.signal"));
    return standby;
  }

  void configure(String... settings) throws IOException {
    Path file = data.resolve("postgresql.auto.conf");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.addAll(List.of(settings));
    lines.add("port = " + port);
    lines.add("listen_addresses = '127.0.0.1'");
    lines.add("unix_socket_directories = ''");
    Files.write(file, lines);
  }

  int port() {
    return port;
  }

  String url() {
    return url("127.0.0.1:" + port);
  }

  /** The bank's database at hosts of the caller's. */
  static String url(String hosts) {
    return "jdbc:postgresql://" + hosts + "/postgres?user=postgres";
  }

  /** Starts it, once what a killed one left has ended. */
  void start() {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .untilAsserted(
            () -> assertThat(run("start", "-l", data + ".log")).as("%s", log()).isZero());
  }

  /** Starts it unless it runs. */
  void ensureStarted() {
    if (run("status") != 0) {
      start();
    }
  }

  /** Ends it: {@code fast} ends its connections, {@code immediate} is as good as a crash. */
  void stop(String mode) {
    assertThat(run("stop", "-m", mode)).isZero();
  }

  void promote() {
    assertThat(run("promote")).isZero();
  }

  /** SIGKILL to the first of its processes; the others notice, and end. */
  void kill() {
    ProcessHandle postmaster = postmaster(data);
    postmaster.destroyForcibly();
    postmaster.onExit().orTimeout(20, TimeUnit.SECONDS).join();
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The number that a query has for its answer. */
  long count(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    }
  }

  @Override
  public void close() {
    if (Files.exists(data.resolve("postmaster.pid"))) {
      run("stop", "-m", "immediate");
    }
  }

  private String log() {
    try {
      return Files.readString(Path.of(data + ".log"));
    } catch (IOException e) {
      return "no log: " + e;
    }
  }

  /** Runs pg_ctl, which refuses to be root. */
  private int run(String... arguments) {
    List<String> command = new ArrayList<>();
    if (arguments[0].equals("start")) {
      command.addAll(wrapper);
    }
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.addAll(List.of(bin.resolve("pg_ctl").toString(), "-D", data.toString(), "-w"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(Path.of(data + ".ctl").toFile())
              .start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ended", command).isTrue();
      return process.exitValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private static ProcessHandle postmaster(Path data) {
    try (Stream<String> lines = Files.lines(data.resolve("postmaster.pid"))) {
      return ProcessHandle.of(Long.parseLong(lines.findFirst().orElseThrow())).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }
}
