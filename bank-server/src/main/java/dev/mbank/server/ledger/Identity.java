package dev.mbank.server.ledger;

/**
 * Who a caller is: a name that its certificate proves, such as {@code spiffe://mbank.local/client}.
 *
 * @param name not blank
 */
public record Identity(String name) {
  /** The bank itself, owner of the settlement accounts. Not a URI, so no certificate proves it. */
  public static final Identity BANK = new Identity("mbank");

  public Identity {
    if (name.isBlank()) {
      throw new IllegalArgumentException("identity: blank (expected: a name)");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
