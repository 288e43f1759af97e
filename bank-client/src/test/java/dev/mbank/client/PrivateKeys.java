package dev.mbank.client;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The beginnings of private keys that are somewhere in plain. */
final class PrivateKeys {
  /** The words alone are in every TLS library; a key begins with what kind it is. */
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----\\r?\\n([A-Za-z0-9+/]{60})");

  private static final int GZIP_MAGIC = 0x1f;
  private static final String MAGIC = "ustar";

  /** Where an archive says that it is one. */
  private static final int MAGIC_END = 262;

  private static final int BLOCK = 1 << 20;
  private static final int OVERLAP = 200;

  private PrivateKeys() {}

  /** In what {@code docker save} writes: an archive of layers, each an archive. */
  static Set<String> in(InputStream image) throws IOException {
    Set<String> found = new HashSet<>();
    int files = 0;
    TarArchiveInputStream archive = new TarArchiveInputStream(image);
    TarArchiveEntry entry = archive.getNextEntry();
    while (entry != null) {
      InputStream content = plain(archive);
      if (isArchive(content)) {
        TarArchiveInputStream layer = new TarArchiveInputStream(content);
        TarArchiveEntry file = layer.getNextEntry();
        while (file != null) {
          files++;
          found.addAll(of(layer));
          file = layer.getNextEntry();
        }
      }
      entry = archive.getNextEntry();
    }
    if (files == 0) {
      throw new IOException("no layer that can be read");
    }
    return found;
  }

  private static InputStream plain(InputStream content) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(content);
    buffered.mark(1);
    int first = buffered.read();
    buffered.reset();
    return new BufferedInputStream(first == GZIP_MAGIC ? new GZIPInputStream(buffered) : buffered);
  }

  /** The others are JSON. */
  private static boolean isArchive(InputStream content) throws IOException {
    content.mark(MAGIC_END);
    String head = new String(content.readNBytes(MAGIC_END), StandardCharsets.ISO_8859_1);
    content.reset();
    return head.endsWith(MAGIC);
  }

  /** In a file. */
  static Set<String> of(InputStream file) throws IOException {
    Set<String> found = new HashSet<>();
    String text = "";
    byte[] next = file.readNBytes(BLOCK);
    while (next.length > 0) {
      // A key may begin in one block and end in the next.
      text =
          text.substring(Math.max(0, text.length() - OVERLAP))
              + new String(next, StandardCharsets.ISO_8859_1);
      PEM.matcher(text).results().forEach(key -> found.add(key.group(1)));
      next = file.readNBytes(BLOCK);
    }
    return found;
  }
}
