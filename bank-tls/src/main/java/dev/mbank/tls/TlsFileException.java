package dev.mbank.tls;

import org.jspecify.annotations.Nullable;

/** A file that TLS cannot work with. Its message is one line for the operator. */
public final class TlsFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TlsFileException(String variable, String file, String expected, @Nullable Throwable cause) {
    super(
        variable
            + ": "
            + (file.isBlank() ? "empty" : file.replaceAll("\\p{Cntrl}", "?"))
            + " (expected: "
            + expected
            + ")",
        cause);
  }

  TlsFileException(String variable, String file, String expected) {
    this(variable, file, expected, null);
  }
}
