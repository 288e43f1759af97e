package dev.mbank.benchmarks;

import dev.mbank.benchmarks.Children.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A PostgreSQL of our own, as it comes: it syncs at each commit. It is in the folder, listens on
 * loopback, and ends with us. It refuses to run as root, so then it is another user's.
 */
final class Postgres implements AutoCloseable {
  private static final String USER = "postgres";
  private static final Pattern READY = Pattern.compile("ready to accept connections");

  private final Children children;
  private final Path folder;
  private final Path programs = programs();
  private final int port = Children.freePort();
  private final Path home;
  private final Child server;

  Postgres(Children children, Path folder) throws IOException {
    this.children = children;
    this.folder = folder;
    home = Files.createDirectory(folder.resolve("postgres"));
    if (isRoot()) {
      Files.setOwner(
          home, home.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(USER));
    }
    Path data = home.resolve("data");
    run("initdb", "--auth=trust", "--username=" + USER, "--pgdata=" + data);
    List<String> command =
        program(
            "postgres",
            List.of("-D", data.toString(), "-p", "" + port, "-h", "127.0.0.1", "-k", "" + home));
    server = children.start(folder, "postgres", command, Map.of());
    server.await(READY);
  }

  private static Path programs() {
    try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .max(Comparator.naturalOrder())
          .orElseThrow();
    } catch (IOException | RuntimeException e) {
      throw new NotAvailableException("no PostgreSQL here (expected: Debian's `postgresql`)");
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private List<String> program(String name, List<String> arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(
          List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--init-groups", "--"));
    }
    command.add(programs.resolve(name).toString());
    command.addAll(arguments);
    return command;
  }

  /** Runs one of PostgreSQL's programs; what it said. */
  String run(String name, String... arguments) {
    return children.run(folder, name, program(name, List.of(arguments)));
  }

  int port() {
    return port;
  }

  /** Where its socket is, and where its user may write. */
  Path home() {
    return home;
  }

  /** Makes an empty database. What others wrote is out of the way first. */
  void create(String database) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url("postgres"))) {
      connection.createStatement().execute("CHECKPOINT");
      connection.createStatement().execute("CREATE DATABASE " + database);
    }
  }

  String version() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url("postgres"))) {
      return connection.getMetaData().getDatabaseProductVersion();
    }
  }

  String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + USER;
  }

  /** What the bank needs to know. */
  Map<String, String> variables(String database) {
    return Map.of(
        "DATABASE_URL", url(database), "DATABASE_USERNAME", USER, "DATABASE_PASSWORD", "unused");
  }

  @Override
  public void close() {
    children.stop(server);
  }
}
