package dev.mbank.server.commit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Decision;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Ledger;
import dev.mbank.server.ledger.LedgerView;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The pure ledger kept in memory, one command after the other: what every journal must equal. */
public final class ReplayedLedger implements LedgerView {
  private final Map<AccountId, AccountBalance> accounts = new HashMap<>();
  private final Map<RequestKey, Outcome> outcomes = new HashMap<>();
  private final List<Outcome> journal = new ArrayList<>();
  private Instant commitTime = Instant.EPOCH;
  private long sequence;

  /** Replays a journal and asserts that it is decided again as it was. */
  public static ReplayedLedger of(List<Outcome> journal) {
    ReplayedLedger ledger = new ReplayedLedger();
    for (Outcome outcome : journal) {
      Instant time = ledger.commitTime;
      if (outcome.decision() instanceof Posted posted) {
        time = posted.transaction().commitTime();
        assertThat(time).isAfterOrEqualTo(ledger.commitTime);
        assertThat(posted.transaction().sequence()).isEqualTo(ledger.sequence + 1);
      }
      assertThat(ledger.outcomes).doesNotContainKey(outcome.command().key());
      assertThat(ledger.decide(outcome.command(), time)).isEqualTo(outcome.decision());
    }
    return ledger;
  }

  /** Decides, and takes in what is new. */
  public Decision decide(Command command, Instant time) {
    boolean repeat = outcomes.containsKey(command.key());
    Decision decision = Ledger.decide(this, command, time);
    if (!repeat) {
      apply(new Outcome(command, decision));
    }
    return decision;
  }

  /** Takes in what was decided. */
  public void apply(Outcome outcome) {
    journal.add(outcome);
    outcomes.put(outcome.command().key(), outcome);
    if (outcome.decision() instanceof Posted posted) {
      sequence = posted.transaction().sequence();
      commitTime = posted.transaction().commitTime();
      if (outcome.command() instanceof CreateAccount create) {
        accounts.put(create.account(), new AccountBalance(create.opened(commitTime), 0));
      } else {
        posted.transaction().entries().forEach(each -> add(each, posted.transaction().currency()));
      }
    }
  }

  /** Everything that was decided, in order. */
  public List<Outcome> journal() {
    return List.copyOf(journal);
  }

  public JournalHead head() {
    return new JournalHead(sequence, commitTime);
  }

  public Map<AccountId, AccountBalance> accounts(Set<AccountId> ids) {
    return only(accounts, ids);
  }

  public Map<RequestKey, Outcome> outcomes(Set<RequestKey> keys) {
    return only(outcomes, keys);
  }

  @Override
  public long sequence() {
    return sequence;
  }

  @Override
  public @Nullable Outcome outcome(RequestKey key) {
    return outcomes.get(key);
  }

  @Override
  public @Nullable AccountBalance account(AccountId id) {
    return accounts.get(id);
  }

  private void add(Entry entry, Currency currency) {
    AccountBalance before = accounts.get(entry.account());
    Account account = before == null ? Account.settlement(currency) : before.account();
    long sum = (before == null ? 0 : before.balance()) + entry.amount();
    accounts.put(entry.account(), new AccountBalance(account, sum));
  }

  private static <K, V> Map<K, V> only(Map<K, V> all, Set<K> keys) {
    Map<K, V> some = new HashMap<>();
    for (K key : keys) {
      V value = all.get(key);
      if (value != null) {
        some.put(key, value);
      }
    }
    return some;
  }
}
