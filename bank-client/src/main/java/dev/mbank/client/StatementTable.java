package dev.mbank.client;

import com.google.protobuf.Timestamp;
import dev.mbank.v1.StatementEntry;
import dev.mbank.v1.TransactionKind;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints a statement as a table whose columns are as wide as what they hold. */
final class StatementTable {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Numbers stand on the right, so that their points are below each other. */
  private static final int FIRST_NUMBER = 4;

  private StatementTable() {}

  static List<String> lines(Statement statement) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("time (UTC)", "transaction", "kind", "description", "amount", "balance"));
    rows.add(balance("opening balance", Amounts.number(statement.openingBalance())));
    statement.entries().forEach(entry -> rows.add(row(entry)));
    rows.add(balance("closing balance", Amounts.number(statement.closingBalance())));

    int[] widths = widths(rows);
    List<String> lines = new ArrayList<>(rows.stream().map(row -> line(row, widths)).toList());
    lines.add(1, rule(widths));
    return lines;
  }

  private static List<String> row(StatementEntry entry) {
    return List.of(
        time(entry.getCommitTime()),
        entry.getTransactionId(),
        kind(entry.getKind()),
        printable(entry.getDescription()),
        Amounts.signedNumber(entry.getAmount()),
        Amounts.number(entry.getBalance()));
  }

  private static List<String> balance(String name, String number) {
    return List.of("", "", "", name, "", number);
  }

  private static String time(Timestamp time) {
    return TIME.format(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()));
  }

  /** The name without its prefix: {@code TRANSACTION_KIND_ACCOUNT_OPENING} is account opening. */
  private static String kind(TransactionKind kind) {
    return kind.name()
        .replaceFirst("^TRANSACTION_KIND_", "")
        .replace('_', ' ')
        .toLowerCase(Locale.ROOT);
  }

  /** Others' words must not move our cursor, turn our line round or break it. */
  private static String printable(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
  }

  private static int[] widths(List<List<String>> rows) {
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], length(row.get(i)));
      }
    }
    return widths;
  }

  private static String line(List<String> row, int[] widths) {
    var line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = row.get(i);
      String padding = " ".repeat(widths[i] - length(cell));
      line.append(i == 0 ? "" : "  ").append(i < FIRST_NUMBER ? cell + padding : padding + cell);
    }
    return line.toString().stripTrailing();
  }

  private static String rule(int[] widths) {
    var rule = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      rule.append(i == 0 ? "" : "  ").append("-".repeat(widths[i]));
    }
    return rule.toString();
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
