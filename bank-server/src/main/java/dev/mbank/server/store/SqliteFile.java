package dev.mbank.server.store;

import static java.util.Objects.requireNonNullElse;

import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The file that {@code DATABASE_URL} names, made if there is none.
 *
 * <p>It is made here and not by SQLite so that only its owner may read it; SQLite gives the log
 * beside it the same permissions. What is made is entered in its folder on the disk at once: a
 * folder that a loss of power takes away takes every answered write with it.
 */
final class SqliteFile {
  private static final String PREFIX = "jdbc:sqlite:";

  private SqliteFile() {}

  /** Where SQLite keeps the log of a file, if there is one. */
  static Path log(Path file) {
    return file.resolveSibling(file.getFileName() + "-wal");
  }

  /**
   * Makes the file and its folders, unless they are there.
   *
   * @throws SettingException if the URL names no file or it cannot be made
   */
  static Path make(String url) {
    Path file = path(url);
    if (Files.isDirectory(file)) {
      throw new SettingException("DATABASE_URL", url, "a file, not a folder");
    }
    Path folder = requireNonNullElse(file.getParent(), file);
    try {
      makeFolder(folder);
      if (Files.notExists(file)) {
        Files.createFile(file, ownerOnly(file));
        sync(folder);
      }
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw new SettingException("DATABASE_URL", url, "a file in a folder that can be made", e);
      }
    } catch (IOException e) {
      throw new SettingException("DATABASE_URL", url, "a file in a folder that can be made", e);
    }
    return file;
  }

  /** What SQLite takes for memory, for a URI or for options of a connection is no file. */
  static Path path(String url) {
    String path = url.startsWith(PREFIX) ? url.substring(PREFIX.length()) : "";
    String expected = PREFIX + " and the path of a file";
    if (path.isBlank() || path.startsWith(":") || path.startsWith("file:")) {
      throw new SettingException("DATABASE_URL", url, expected);
    }
    if (path.contains("?")) {
      throw new SettingException("DATABASE_URL", url, expected + ", without ? and options");
    }
    try {
      return Path.of(path).toAbsolutePath();
    } catch (InvalidPathException e) {
      throw new SettingException("DATABASE_URL", url, expected, e);
    }
  }

  private static void makeFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Path parent = requireNonNullElse(folder.getParent(), folder);
      makeFolder(parent);
      Files.createDirectory(folder);
      sync(parent);
    }
  }

  /** Makes what was entered in a folder durable, where a folder can be opened for that. */
  private static void sync(Path folder) throws IOException {
    if (isPosix(folder)) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    return isPosix(file)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
