package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.ReplayedLedger;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Decides in memory and appends to a store, so that a test can compare the two. */
final class TestLedger {
  static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123456Z");

  final ReplayedLedger expected = new ReplayedLedger();
  private final LedgerStore store;

  TestLedger(LedgerStore store) {
    this.store = store;
  }

  /** Decides commands and commits them in one batch. */
  List<Outcome> append(Instant time, List<? extends Command> commands) {
    List<Outcome> outcomes = decide(time, commands);
    try (LedgerStore.Batch batch = store.begin()) {
      batch.append(outcomes);
      batch.commit();
    }
    return outcomes;
  }

  List<Outcome> append(Instant time, Command... commands) {
    return append(time, List.of(commands));
  }

  /** Decides commands, in memory only. */
  List<Outcome> decide(Instant time, List<? extends Command> commands) {
    List<Outcome> outcomes = new ArrayList<>();
    for (Command command : commands) {
      outcomes.add(new Outcome(command, expected.decide(command, time)));
    }
    return outcomes;
  }

  /** All that was decided, by its key. */
  Map<RequestKey, Outcome> outcomes() {
    Map<RequestKey, Outcome> all = new HashMap<>();
    expected.journal().forEach(outcome -> all.put(outcome.command().key(), outcome));
    return all;
  }

  /** All that was posted, in order. */
  List<Transaction> transactions() {
    return expected.journal().stream()
        .filter(outcome -> outcome.decision() instanceof Posted)
        .map(outcome -> ((Posted) outcome.decision()).transaction())
        .toList();
  }
}
