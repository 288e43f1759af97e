package dev.mbank.server.ledger;

import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Decision.Posted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A ledger in memory: outcomes one after the other, and what they add up to.
 *
 * <p>Balances are added up from amounts. The balances that entries bear are not looked at, so that
 * a test can compare them.
 */
public final class InMemoryLedger implements LedgerView {
  private final List<Outcome> outcomes = new ArrayList<>();
  private final Map<RequestKey, Outcome> byKey = new HashMap<>();
  private final Map<AccountId, AccountBalance> accounts = new HashMap<>();
  private long sequence;

  /** Decides a command and, unless its key was decided before, applies the outcome. */
  public Decision decide(Command command, Instant commitTime) {
    Decision decision = Ledger.decide(this, command, commitTime);
    if (!byKey.containsKey(command.key())) {
      apply(new Outcome(command, decision));
    }
    return decision;
  }

  /**
   * Appends an outcome.
   *
   * @throws IllegalArgumentException if its key is taken or its sequence is not the next
   */
  public void apply(Outcome outcome) {
    RequestKey key = outcome.command().key();
    if (byKey.containsKey(key)) {
      throw new IllegalArgumentException("key: " + key + " (expected: one without an outcome)");
    }
    if (outcome.decision() instanceof Posted posted) {
      post(outcome.command(), posted.transaction());
    }
    byKey.put(key, outcome);
    outcomes.add(outcome);
  }

  private void post(Command command, Transaction transaction) {
    if (transaction.sequence() != sequence + 1) {
      throw new IllegalArgumentException(
          "sequence: " + transaction.sequence() + " (expected: " + (sequence + 1) + ")");
    }
    if (command instanceof CreateAccount create) {
      set(create.opened(transaction.commitTime()), 0);
    }
    for (Entry entry : transaction.entries()) {
      AccountBalance before = accounts.get(entry.account());
      if (before == null && !entry.account().isSettlement()) {
        throw new IllegalArgumentException(
            "account: " + entry.account() + " (expected: one that was opened)");
      }
      Account account =
          before == null ? Account.settlement(transaction.currency()) : before.account();
      set(account, Math.addExact(before == null ? 0 : before.balance(), entry.amount()));
    }
    sequence = transaction.sequence();
  }

  /** Puts a balance on an account, whether or not a journal could lead there. */
  void set(Account account, long balance) {
    accounts.put(account.id(), new AccountBalance(account, balance));
  }

  @Override
  public long sequence() {
    return sequence;
  }

  @Override
  public @Nullable Outcome outcome(RequestKey key) {
    return byKey.get(key);
  }

  @Override
  public @Nullable AccountBalance account(AccountId id) {
    return accounts.get(id);
  }

  /** Every outcome, refusals too, in the order of the decisions. */
  public List<Outcome> outcomes() {
    return List.copyOf(outcomes);
  }

  /** The journal: every transaction in the order of its sequence. */
  public List<Transaction> transactions() {
    return outcomes.stream()
        .filter(outcome -> outcome.decision() instanceof Posted)
        .map(outcome -> ((Posted) outcome.decision()).transaction())
        .toList();
  }

  /** The balance of every account that was opened or has entries. */
  public Map<AccountId, Long> balances() {
    Map<AccountId, Long> balances = new HashMap<>();
    accounts.forEach((id, account) -> balances.put(id, account.balance()));
    return balances;
  }
}
