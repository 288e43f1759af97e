package dev.mbank.server.migrate;

import dev.mbank.server.settings.SettingException;
import dev.mbank.server.store.CopySide;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the command is told.
 *
 * @param from the database that is copied
 * @param to the one that it is copied into
 */
record MigrateOptions(CopySide from, CopySide to) {
  static final String USAGE =
      """
      usage: java -jar bank-server.jar migrate --from URL --to URL

      Copies a journal into another database and proves that both are the same then.

        --from URL            jdbc:sqlite:FILE or jdbc:postgresql://HOST:PORT/DATABASE
        --to URL              likewise; empty, or holding what the journal begins with
        --from-username NAME  unless the URL has it; default: DATABASE_USERNAME
        --to-username NAME    likewise

      Passwords come from the URL or from DATABASE_PASSWORD.""";

  private static final String URL = "jdbc:sqlite:FILE or jdbc:postgresql://HOST:PORT/DATABASE";
  private static final Set<String> NAMES =
      Set.of("--from", "--to", "--from-username", "--to-username");

  /**
   * Reads them.
   *
   * @param variables of the environment
   */
  static MigrateOptions parse(List<String> arguments, Map<String, String> variables) {
    Map<String, String> options = new HashMap<>();
    for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
      String argument = rest.next();
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      if (!NAMES.contains(name)) {
        throw new SettingException("migrate", name, "--from URL --to URL; --help tells more");
      }
      String value = "";
      if (equals >= 0) {
        value = argument.substring(equals + 1);
      } else if (rest.hasNext()) {
        value = rest.next();
      }
      if (options.put(name, value) != null) {
        throw new SettingException("migrate", name, "each option once");
      }
    }
    return new MigrateOptions(side("--from", options, variables), side("--to", options, variables));
  }

  private static CopySide side(
      String name, Map<String, String> options, Map<String, String> variables) {
    String username = variables.getOrDefault("DATABASE_USERNAME", "");
    CopySide side =
        new CopySide(
            name,
            options.getOrDefault(name, ""),
            options.getOrDefault(name + "-username", username),
            variables.getOrDefault("DATABASE_PASSWORD", ""));
    if (!side.url().matches("(?s)jdbc:(sqlite|postgresql):.*")) {
      throw new SettingException(name, side.shown(), URL);
    }
    return side;
  }
}
