package dev.mbank.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mbank.server.store.JournalRow.Table;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One SHA-256 over the rows of a journal in their order. What is hashed depends on no database:
 *
 * <p>each row is the byte T or R and its columns; a column is the byte 0 if it is null; 1 and eight
 * bytes, the highest first; 2, the length in four bytes and UTF-8; or 3 and the 16 bytes of a UUID.
 * So no two journals give the same bytes.
 */
final class JournalDigest {
  private final MessageDigest sha256 = sha256();
  private final DataOutputStream out =
      new DataOutputStream(
          new BufferedOutputStream(
              new DigestOutputStream(OutputStream.nullOutputStream(), sha256), 1 << 16));

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JVM has it.
    }
  }

  void add(JournalRow row) {
    try {
      out.writeByte(row.table() == Table.TRANSACTIONS ? 'T' : 'R');
      for (Object column : row.columns()) {
        write(column);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // There is no file that could fail.
    }
  }

  private void write(@Nullable Object column) throws IOException {
    if (column == null) {
      out.writeByte(0);
    } else if (column instanceof Long number) {
      out.writeByte(1);
      out.writeLong(number);
    } else if (column instanceof UUID uuid) {
      out.writeByte(3);
      out.writeLong(uuid.getMostSignificantBits());
      out.writeLong(uuid.getLeastSignificantBits());
    } else {
      byte[] text = ((String) column).getBytes(UTF_8);
      out.writeByte(2);
      out.writeInt(text.length);
      out.write(text);
    }
  }

  /** The hash, in hexadecimal; nothing can be added any more. */
  String end() {
    try {
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
