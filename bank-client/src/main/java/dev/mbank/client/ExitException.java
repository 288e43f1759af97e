package dev.mbank.client;

import org.jspecify.annotations.Nullable;

/** Ends the program: the exit code, and as the message the one line that says what to do. */
class ExitException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ExitCode exitCode;

  ExitException(ExitCode exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  ExitCode exitCode() {
    return exitCode;
  }
}
