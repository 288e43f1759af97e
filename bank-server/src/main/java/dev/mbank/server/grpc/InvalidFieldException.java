package dev.mbank.server.grpc;

/** A field of a request that is not well-formed. */
final class InvalidFieldException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_SHOWN = 80;

  private final String field;

  /**
   * @param field by its name in the contract, with dots for fields within fields
   * @param value what it is
   * @param expected what it should be
   */
  InvalidFieldException(String field, Object value, String expected) {
    super(field + ": " + shown(value) + " (expected: " + expected + ")");
    this.field = field;
  }

  String field() {
    return field;
  }

  private static String shown(Object value) {
    String text = value.toString();
    if (text.isEmpty()) {
      return "empty";
    }
    String printable = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
    if (printable.codePointCount(0, printable.length()) <= MAX_SHOWN) {
      return printable;
    }
    return printable.substring(0, printable.offsetByCodePoints(0, MAX_SHOWN)) + "...";
  }
}
