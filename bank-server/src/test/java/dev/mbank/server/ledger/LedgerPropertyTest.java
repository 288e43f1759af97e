package dev.mbank.server.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.lifecycle.BeforeTry;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;

/** What holds of the ledger whatever is asked of it. */
@Domain(Histories.class)
class LedgerPropertyTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05.000006Z");

  private InMemoryLedger ledger = new InMemoryLedger();

  @BeforeTry
  void startEmpty() {
    ledger = new InMemoryLedger();
  }

  @Property
  @StatisticsReport(onFailureOnly = true)
  void decide_anyHistory_agreesWithTheNaiveBank(@ForAll List<Command> history) {
    NaiveBank naive = new NaiveBank();
    for (Command command : history) {
      boolean repeat = ledger.outcome(command.key()) != null;

      String expected = naive.judge(command);
      Decision decision = decide(command);

      assertThat(verdict(decision)).isEqualTo(expected);
      collect(repeat, command, decision);
    }
    ledger
        .balances()
        .forEach(
            (account, balance) ->
                assertThat(naive.balance(account.value())).isEqualTo(BigInteger.valueOf(balance)));
    coverEveryRefusalAndEveryKind();
  }

  @Property
  void decide_anyHistory_entriesOfEachTransactionSumToZero(@ForAll List<Command> history) {
    history.forEach(this::decide);

    assertThat(ledger.transactions())
        .allSatisfy(
            transaction ->
                assertThat(transaction.entries().stream().mapToLong(Entry::amount).sum()).isZero());
  }

  @Property
  void decide_anyHistory_runningBalancesAreTheSumsOfEntries(@ForAll List<Command> history) {
    history.forEach(this::decide);

    Map<AccountId, BigInteger> sums = new HashMap<>();
    for (Transaction transaction : ledger.transactions()) {
      for (Entry entry : transaction.entries()) {
        sums.merge(entry.account(), BigInteger.valueOf(entry.amount()), BigInteger::add);
        assertThat(BigInteger.valueOf(entry.balance())).isEqualTo(sums.get(entry.account()));
      }
    }
    assertThat(ledger.balances().keySet()).isEqualTo(sums.keySet());
    ledger
        .balances()
        .forEach((id, balance) -> assertThat(sums.get(id)).isEqualTo(BigInteger.valueOf(balance)));
  }

  @Property
  void decide_anyHistory_neverOverdrawsAClient(@ForAll List<Command> history) {
    for (Command command : history) {
      decide(command);

      assertThat(ledger.balances())
          .allSatisfy(
              (account, balance) -> {
                if (!account.isSettlement()) {
                  assertThat(balance).isNotNegative();
                }
              });
    }
  }

  @Property
  void decide_anyHistory_sequencesAreGapless(@ForAll List<Command> history) {
    history.forEach(this::decide);

    List<Transaction> journal = ledger.transactions();
    assertThat(journal.stream().mapToLong(Transaction::sequence))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, journal.size()).boxed().toList());
  }

  @Property
  void decide_historyAgain_givesEqualDecisionsAndChangesNothing(@ForAll List<Command> history) {
    List<Decision> first = history.stream().map(this::decide).toList();
    List<Outcome> outcomes = ledger.outcomes();

    List<Decision> again = history.stream().map(this::decide).toList();

    assertThat(again).isEqualTo(first);
    assertThat(ledger.outcomes()).isEqualTo(outcomes);
  }

  @Property
  void decide_historyWithoutTheRefused_postsTheSameJournal(@ForAll List<Command> history) {
    InMemoryLedger onlyPosted = new InMemoryLedger();
    for (Command command : history) {
      if (decide(command) instanceof Posted posted) {
        onlyPosted.decide(command, posted.transaction().commitTime());
      }
    }

    assertThat(onlyPosted.transactions()).isEqualTo(ledger.transactions());
    assertThat(onlyPosted.balances()).isEqualTo(ledger.balances());
  }

  @Property
  void decide_refusal_leavesTheViewAsItWas(@ForAll List<Command> history) {
    for (Command command : history) {
      long sequence = ledger.sequence();
      Map<AccountId, Long> balances = ledger.balances();

      if (decide(command) instanceof Refused) {
        assertThat(ledger.sequence()).isEqualTo(sequence);
        assertThat(ledger.balances()).isEqualTo(balances);
      }
    }
  }

  @Property
  void decide_replayOfTheOutcomes_decidesIdentically(@ForAll List<Command> history) {
    history.forEach(this::decide);

    InMemoryLedger replayed = new InMemoryLedger();
    for (Outcome outcome : ledger.outcomes()) {
      Instant commitTime =
          outcome.decision() instanceof Posted posted ? posted.transaction().commitTime() : START;
      assertThat(replayed.decide(outcome.command(), commitTime)).isEqualTo(outcome.decision());
    }

    assertThat(replayed.outcomes()).isEqualTo(ledger.outcomes());
    assertThat(replayed.balances()).isEqualTo(ledger.balances());
  }

  private Decision decide(Command command) {
    return ledger.decide(command, START.plusSeconds(ledger.outcomes().size()));
  }

  private static String verdict(Decision decision) {
    if (decision instanceof Refused refused) {
      String account = refused.details().getOrDefault("account_id", "");
      return (refused.refusal() + " " + account).strip();
    }
    return "POSTED";
  }

  private static void collect(boolean repeat, Command command, Decision decision) {
    if (decision instanceof Refused refused) {
      Statistics.label("refusal").collect(refused.refusal());
    } else {
      Statistics.label("posted").collect(command.kind());
    }
    Statistics.label("repeat").collect(repeat);
  }

  private static void coverEveryRefusalAndEveryKind() {
    Statistics.label("refusal")
        .coverage(
            coverage -> {
              for (Refusal refusal : Refusal.values()) {
                coverage.check(refusal).percentage(share -> share > 0.5);
              }
            });
    Statistics.label("posted")
        .coverage(
            coverage -> {
              for (TransactionKind kind : TransactionKind.values()) {
                coverage.check(kind).percentage(share -> share > 0.5);
              }
            });
    Statistics.label("repeat").coverage(c -> c.check(true).percentage(share -> share > 5));
  }
}
