package dev.mbank.server.store;

import dev.mbank.server.settings.SettingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.jspecify.annotations.Nullable;

/**
 * A journal that is only read, and of which not even the schema is brought up to date. Servers may
 * go on with it: it is read up to the head that it had at first.
 */
final class ReadOnlyJournal implements AutoCloseable {
  private final CopySide side;
  private final Connection jdbc;
  private final Head head;
  private final JournalRows rows;

  private ReadOnlyJournal(CopySide side, Connection jdbc, @Nullable Position end)
      throws SQLException {
    this.side = side;
    this.jdbc = jdbc;
    head = JournalConnection.head(jdbc, JournalConnection.HEAD);
    rows = new JournalRows(jdbc, end == null ? head.end() : end);
  }

  /**
   * Opens the journal of a database, or none if it has none yet.
   *
   * @param end where to end; null for its own end
   * @throws SettingException if it cannot be read
   */
  static @Nullable ReadOnlyJournal open(CopySide side, @Nullable Position end) {
    try {
      return side.isPostgres() ? openPostgres(side, end) : openSqlite(side, end);
    } catch (SettingException e) {
      throw e.of(side.option());
    } catch (SQLException | FlywayException e) {
      String expected =
          side.isPostgres() ? PostgresDatabase.expected(e) : SqliteFileCheck.expected(e);
      throw side.refused(expected, e);
    }
  }

  /** Opens the journal of a database that must have one. */
  static ReadOnlyJournal require(CopySide side, @Nullable Position end) {
    ReadOnlyJournal journal = open(side, end);
    if (journal == null) {
      throw side.refused("a database that holds a journal");
    }
    return journal;
  }

  private static @Nullable ReadOnlyJournal openPostgres(CopySide side, @Nullable Position end)
      throws SQLException {
    PostgresDatabase.checkUrl(side.settings());
    PostgresDatabase.await(side.settings());
    Connection jdbc = PostgresDatabase.connect(side.settings());
    return open(side, jdbc, PostgresDatabase.flyway(side.settings()), end);
  }

  private static @Nullable ReadOnlyJournal openSqlite(CopySide side, @Nullable Position end)
      throws SQLException {
    Path file = side.file();
    if (Files.isDirectory(file)) {
      throw side.refused("a file, not a folder");
    }
    if (Files.notExists(file)) {
      return null;
    }
    var dataSource = SqliteDatabase.readOnly(side.settings());
    return open(side, dataSource.getConnection(), SqliteDatabase.flyway(dataSource), end);
  }

  private static @Nullable ReadOnlyJournal open(
      CopySide side, Connection jdbc, Flyway flyway, @Nullable Position end) throws SQLException {
    ReadOnlyJournal journal = null;
    try {
      if (hasJournal(side, flyway)) {
        jdbc.setReadOnly(true);
        journal = new ReadOnlyJournal(side, jdbc, end);
      }
    } finally {
      if (journal == null) {
        jdbc.close();
      }
    }
    return journal;
  }

  private static boolean hasJournal(CopySide side, Flyway flyway) {
    MigrationInfo[] applied = flyway.info().applied();
    for (MigrationInfo each : applied) {
      if (each.getState() == MigrationState.FUTURE_SUCCESS) {
        throw side.refused(
            "a database that this version knows; its schema is "
                + each.getVersion()
                + ", made by a newer bank-server");
      }
    }
    if (applied.length > 0 && flyway.info().pending().length > 0) {
      throw side.refused("the newest schema; start bank-server on it once");
    }
    return applied.length > 0;
  }

  /** What the database said of itself at first. */
  Head head() {
    return head;
  }

  /** The next row, or null behind the last. */
  @Nullable JournalRow next() {
    try {
      return rows.next();
    } catch (SQLException e) {
      throw side.failed(e);
    }
  }

  /**
   * Passes a journal that ends where its head says.
   *
   * @throws SettingException if it does not
   */
  void checkEnd() {
    try {
      JournalCheck.checkEnd(side.shown(), jdbc);
    } catch (SettingException e) {
      throw e.of(side.option());
    } catch (SQLException e) {
      throw side.failed(e);
    }
  }

  @Override
  public void close() {
    try {
      jdbc.close();
    } catch (SQLException e) {
      throw side.failed(e);
    }
  }
}
