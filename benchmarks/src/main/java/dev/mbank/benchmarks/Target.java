package dev.mbank.benchmarks;

import dev.mbank.benchmarks.Children.Child;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Servers that do the bank's business, each a process of its own.
 *
 * @param keepsBooks whether they can be asked what was done
 * @param refuses whether they say so when the load is too much
 */
record Target(String name, boolean keepsBooks, boolean refuses, List<Server> servers) {
  private static final Pattern BANK_READY =
      Pattern.compile("bank-server ready: grpc \\S+:([0-9]+) ");
  private static final Pattern READY = Pattern.compile("^ready: ([0-9]+)$", Pattern.MULTILINE);

  /** Something that can be started, and the line that gives its port. */
  record Server(String name, Starter starter, Pattern ready) {}

  /** Starts a process. */
  interface Starter {
    Child start(Children children, String name);
  }

  /** gRPC alone. */
  static Target echo(Path folder) {
    return own("echo", false, folder, EchoServer.class, List.of(folder.toString()));
  }

  /** One of our own main classes. */
  static Target own(
      String name, boolean keepsBooks, Path folder, Class<?> main, List<String> arguments) {
    Starter starter = (children, child) -> children.startJava(folder, child, main, arguments);
    return new Target(name, keepsBooks, false, List.of(new Server(name, starter, READY)));
  }

  /** Banks on one database, as `make run` starts them. */
  static Target bank(
      String name, int count, Path folder, Map<String, String> database, boolean profile) {
    List<Server> servers = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      String server = count == 1 ? name : name + "." + i;
      Map<String, String> variables = new LinkedHashMap<>(database);
      variables.put("PORT", "0");
      variables.put("MANAGEMENT_PORT", "0");
      variables.put("CA_FILE", folder.resolve("ca.crt").toString());
      variables.put("CERT_FILE", folder.resolve("server.crt").toString());
      variables.put("KEY_FILE", folder.resolve("server.key").toString());
      variables.put("AUDIT_FILE", folder.resolve(server + ".audit.jsonl").toString());
      List<String> command = new ArrayList<>();
      command.add(Path.of("..", "launch.sh").toString());
      command.addAll(List.of("bank-server", "-Xmx256m", "-Djava.io.tmpdir=" + folder));
      if (profile) {
        command.addAll(Profile.options(folder.resolve(server + ".jfr")));
      }
      Starter starter = (children, child) -> children.start(folder, child, command, variables);
      servers.add(new Server(server, starter, BANK_READY));
    }
    return new Target(name, true, true, servers);
  }
}
