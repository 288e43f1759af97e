package dev.mbank.server.commit;

import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.LedgerView;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the writer knows of the ledger: the accounts that it has met, kept warm from batch to batch,
 * and what this batch has decided so far.
 *
 * <p>Others may have added to the journal meanwhile, so each batch begins with taking in what they
 * posted, or, if that is not to be had, with nothing known. A batch that fails leaves decisions
 * here that never happened: {@link #forget} drops them with all the rest.
 */
final class WorkingView implements LedgerView {
  /** Above this many accounts the view starts afresh: about 30 MB. */
  private static final int MAX_WARM_ACCOUNTS = 100_000;

  private final Map<AccountId, AccountBalance> accounts = new HashMap<>();
  private Map<RequestKey, Outcome> earlier = new HashMap<>();
  private final List<Outcome> decided = new ArrayList<>();
  private long sequence = -1;

  /** Makes ready to decide a batch, reading what it needs and this view lacks. */
  void prepare(LedgerStore.Batch batch, JournalHead head, Collection<Command> commands) {
    decided.clear();
    List<Outcome> posted = sequence < 0 ? null : batch.postedSince(sequence);
    if (posted == null || accounts.size() > MAX_WARM_ACCOUNTS) {
      forget();
      sequence = head.sequence();
    } else {
      posted.forEach(this::apply);
    }
    Set<RequestKey> keys = new HashSet<>();
    Set<AccountId> cold = new HashSet<>();
    for (Command command : commands) {
      keys.add(command.key());
      for (AccountId id : command.accounts()) {
        if (!accounts.containsKey(id)) {
          cold.add(id);
        }
      }
    }
    earlier = new HashMap<>(batch.outcomes(keys));
    if (!cold.isEmpty()) {
      accounts.putAll(batch.accounts(cold));
    }
  }

  /** Takes in what was decided, for the decisions that follow. */
  void decided(Outcome outcome) {
    decided.add(outcome);
    earlier.put(outcome.command().key(), outcome);
    apply(outcome);
  }

  private void apply(Outcome outcome) {
    if (!(outcome.decision() instanceof Posted posted)) {
      return;
    }
    Transaction transaction = posted.transaction();
    sequence = transaction.sequence();
    if (outcome.command() instanceof CreateAccount create) {
      Account account = create.opened(transaction.commitTime());
      accounts.put(account.id(), new AccountBalance(account, 0));
      return;
    }
    for (Entry entry : transaction.entries()) {
      AccountBalance before = accounts.get(entry.account());
      if (before != null) {
        accounts.put(entry.account(), new AccountBalance(before.account(), entry.balance()));
      } else if (entry.account().isSettlement()) {
        Account account = Account.settlement(transaction.currency());
        accounts.put(entry.account(), new AccountBalance(account, entry.balance()));
      } // Else others posted to it: it is read when it is needed.
    }
  }

  /** What this batch has decided, in order, without repeats of earlier outcomes. */
  List<Outcome> decided() {
    return decided;
  }

  /** Drops everything: the next batch reads what it needs. */
  void forget() {
    accounts.clear();
    earlier = new HashMap<>();
    decided.clear();
    sequence = -1;
  }

  @Override
  public long sequence() {
    return sequence;
  }

  @Override
  public @Nullable Outcome outcome(RequestKey key) {
    return earlier.get(key);
  }

  @Override
  public @Nullable AccountBalance account(AccountId id) {
    return accounts.get(id);
  }
}
