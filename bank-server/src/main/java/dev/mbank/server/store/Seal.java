package dev.mbank.server.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows that a file is as the bank left it: a time that stands in the file, and is the file's own.
 *
 * <p>A bank that is closed in order writes the time into the file and then sets it as the time of
 * the file's last change. Whatever is written later, by whomever, changes the file's time, so that
 * the two differ; and after a crash a log lies beside the file. A file whose seal holds need not be
 * read as a whole. {@code touch} breaks the seal, for who wants everything read.
 */
final class Seal {
  private static final Logger log = LoggerFactory.getLogger(Seal.class);

  private Seal() {}

  /** Whether nobody has written since the seal was set. */
  static boolean holds(Path file, Connection connection) {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT file_time FROM seal")) {
      return row.next()
          && Files.getLastModifiedTime(file).toInstant().equals(Rows.instant(row.getLong(1)))
          && !hasLog(file);
    } catch (SQLException | IOException e) {
      log.debug("{} has no seal", file, e);
      return false;
    }
  }

  /** Moves the log into the file and seals it; another server that is at it keeps it open. */
  static void set(Path file, Connection connection) throws SQLException, IOException {
    if (!moveLog(connection) || holds(file, connection)) {
      return;
    }
    long micros = Rows.micros(Instant.now());
    try (PreparedStatement update = connection.prepareStatement("UPDATE seal SET file_time = ?")) {
      update.setLong(1, micros);
      update.executeUpdate();
    }
    if (moveLog(connection)) {
      Files.setLastModifiedTime(file, FileTime.from(Rows.instant(micros)));
    }
  }

  private static boolean moveLog(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      return row.next() && row.getInt("busy") == 0;
    }
  }

  /** Whether there is a log that is not moved into the file. */
  private static boolean hasLog(Path file) throws IOException {
    Path log = SqliteFile.log(file);
    return Files.exists(log) && Files.size(log) > 0;
  }
}
