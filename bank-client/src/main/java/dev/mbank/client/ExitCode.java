package dev.mbank.client;

/** How the program ends; scripts may rely on the numbers. */
enum ExitCode {
  /** Everything was done. */
  DONE(0),
  /** Something happened that nobody foresaw: a bug. */
  UNEXPECTED(1),
  /** A variable is wrong; nothing was tried. */
  CONFIGURATION(2),
  /** There is no connection to the bank: it is absent, or one side refused the handshake. */
  CONNECTION(3),
  /** The server is there, but does not serve the bank now. */
  HEALTH(4),
  /** The bank refused what it was asked to do. */
  REFUSED(5),
  /** The bank stopped answering; the outcome of the last request may be unknown. */
  UNAVAILABLE(6);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
