package dev.mbank.client;

import com.google.type.Money;
import dev.mbank.v1.StatementEntry;
import java.util.List;

/**
 * An account's statement, all its pages.
 *
 * @param openingBalance the balance before the first entry
 * @param closingBalance the balance after the last entry
 */
record Statement(
    String accountId, Money openingBalance, List<StatementEntry> entries, Money closingBalance) {
  Statement {
    entries = List.copyOf(entries);
  }
}
