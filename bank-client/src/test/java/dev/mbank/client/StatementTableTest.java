package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import com.google.type.Money;
import dev.mbank.v1.StatementEntry;
import dev.mbank.v1.TransactionKind;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatementTableTest {
  private static final String CONTROLS = "a\u001b[2J\nb\u202ec\u2028d\u2029e\u0085f";

  @Test
  void lines_ofEntries_areAligned() {
    var statement =
        new Statement(
            "alice",
            eur("0.00"),
            List.of(
                entry("tx-1", TransactionKind.TRANSACTION_KIND_DEPOSIT, "Salary", "1000", "1000"),
                entry("tx-12", TransactionKind.TRANSACTION_KIND_WITHDRAWAL, "", "-0.05", "999.95"),
                entry(
                    "tx-13", TransactionKind.TRANSACTION_KIND_ACCOUNT_OPENING, "", "0", "999.95")),
            eur("999.95"));

    assertThat(StatementTable.lines(statement))
        .containsExactly(
            "time (UTC)           transaction  kind             description        amount  balance",
            "-------------------  -----------  ---------------  ---------------  --------  -------",
            " ".repeat(51) + "opening balance               0.00",
            "2026-11-24 07:00:00  tx-1         deposit          Salary           +1000.00  1000.00",
            "2026-11-24 07:00:00  tx-12        withdrawal                           -0.05   999.95",
            "2026-11-24 07:00:00  tx-13        account opening                       0.00   999.95",
            " ".repeat(51) + "closing balance             999.95");
  }

  @Test
  void lines_withoutEntries_showBothBalances() {
    var statement = new Statement("alice", eur("7"), List.of(), eur("7"));

    assertThat(StatementTable.lines(statement))
        .hasSize(4)
        .anyMatch(line -> line.endsWith("opening balance             7.00"))
        .anyMatch(line -> line.endsWith("closing balance             7.00"));
  }

  @Test
  void lines_withControlCharacters_showNone() {
    var entry = entry("tx-1", TransactionKind.TRANSACTION_KIND_DEPOSIT, CONTROLS, "1", "1");
    var statement = new Statement("alice", eur("0"), List.of(entry), eur("1"));

    assertThat(StatementTable.lines(statement)).anyMatch(line -> line.contains("a?[2J?b?c?d?e?f"));
  }

  private static StatementEntry entry(
      String transactionId, TransactionKind kind, String description, String amount, String after) {
    return StatementEntry.newBuilder()
        .setTransactionId(transactionId)
        .setKind(kind)
        .setDescription(description)
        .setAmount(eur(amount))
        .setBalance(eur(after))
        .setCommitTime(Timestamp.newBuilder().setSeconds(1_795_503_600))
        .build();
  }

  private static Money eur(String amount) {
    return Amounts.money("EUR", amount);
  }
}
