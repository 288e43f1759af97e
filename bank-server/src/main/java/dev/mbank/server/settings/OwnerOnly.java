package dev.mbank.server.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Files that nobody but their owner may read. */
public final class OwnerOnly {
  private OwnerOnly() {}

  /** Devices and links stay as they are, and what is another's: that is the other's matter. */
  public static void restrict(Path file) {
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      try {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      } catch (IOException | UnsupportedOperationException e) {
        return; // Gone meanwhile, another's, or no such permissions here.
      }
    }
  }
}
