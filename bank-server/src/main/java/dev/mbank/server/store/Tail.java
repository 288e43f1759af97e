package dev.mbank.server.store;

import dev.mbank.server.commit.LedgerQueries.ListedAccount;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.ledger.Transaction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The end of the journal that is not indexed yet, by all that it is looked up by. So every read is
 * exact although the indexes follow the journal in large steps: what they lack is here.
 *
 * <p>Who reads takes what is here first, with the sequence up to which the indexes are good at that
 * moment, and then asks the database for what is up to that sequence. The indexes only gain, so
 * nothing is seen twice or missed, however far they come meanwhile.
 *
 * <p>Safe for many threads; none of its methods takes longer than what it returns.
 */
final class Tail {
  private long incarnation;
  private Position indexed = Position.START;
  private Position end = Position.START;
  private final Deque<Outcome> posted = new ArrayDeque<>();
  private final Deque<Outcome> refused = new ArrayDeque<>();
  private final Map<RequestKey, Outcome> outcomes = new HashMap<>();

  /** In the order of the journal. */
  private final Map<AccountId, List<Transaction>> entries = new HashMap<>();

  private final TreeMap<Long, ListedAccount> openings = new TreeMap<>();

  /**
   * Entries of an account.
   *
   * @param indexed what is not listed here and not behind this sequence is in the indexes
   * @param end the sequence at which this was so
   * @param transactions in the order of the journal
   */
  record Slice(long indexed, long end, List<Transaction> transactions) {}

  /**
   * How often this was made anew. Who reads the database for this asks before it reads, for what it
   * read may be of a database that another has taken the place of, and lost.
   */
  synchronized long incarnation() {
    return incarnation;
  }

  /** Where this ends: it lacks nothing up to there. */
  synchronized Position end() {
    return end;
  }

  /** Up to where everything is in the indexes. */
  synchronized Position indexed() {
    return indexed;
  }

  /** How many outcomes are here. */
  synchronized int size() {
    return posted.size() + refused.size();
  }

  /**
   * Takes in what follows a place of the journal, without what is here already; nothing if this was
   * made anew meanwhile.
   *
   * @param of the incarnation that was asked for before the database was read
   */
  synchronized void extend(long of, Position from, List<Outcome> following) {
    if (of == incarnation) {
      extend(from, following);
    }
  }

  private void extend(Position from, List<Outcome> following) {
    Position place = from;
    for (Outcome outcome : following) {
      place = place.after(outcome);
      if (place.sequence() > end.sequence() || place.refusals() > end.refusals()) {
        add(outcome);
        end = end.max(place);
      }
    }
  }

  /** Forgets all, and takes in what the journal has behind its indexes. */
  synchronized void replace(Position upTo, List<Outcome> following) {
    incarnation++;
    posted.clear();
    refused.clear();
    outcomes.clear();
    entries.clear();
    openings.clear();
    indexed = upTo;
    end = upTo;
    extend(upTo, following);
  }

  private void add(Outcome outcome) {
    outcomes.put(outcome.command().key(), outcome);
    if (!(outcome.decision() instanceof Posted decision)) {
      refused.add(outcome);
      return;
    }
    posted.add(outcome);
    Transaction transaction = decision.transaction();
    for (Entry entry : transaction.entries()) {
      entries.computeIfAbsent(entry.account(), id -> new ArrayList<>(4)).add(transaction);
    }
    if (outcome.command() instanceof CreateAccount opening) {
      Account account = opening.opened(transaction.commitTime());
      openings.put(transaction.sequence(), new ListedAccount(account, transaction.sequence()));
    }
  }

  /** The indexes have come as far as this: drops what they have. Otherwise like extend. */
  synchronized void indexed(long of, Position upTo) {
    if (of != incarnation) {
      return;
    }
    Position before = indexed;
    indexed = indexed.max(upTo);
    end = end.max(upTo);
    Set<AccountId> touched = new HashSet<>();
    for (Outcome first = posted.peek();
        first != null && sequence(first) <= indexed.sequence();
        first = posted.peek()) {
      posted.remove();
      outcomes.remove(first.command().key());
      touched.addAll(first.command().accounts());
    }
    touched.forEach(this::drop);
    openings.headMap(indexed.sequence(), true).clear();
    for (long i = before.refusals(); i < indexed.refusals() && !refused.isEmpty(); i++) {
      outcomes.remove(refused.remove().command().key());
    }
  }

  private static long sequence(Outcome outcome) {
    return ((Posted) outcome.decision()).transaction().sequence();
  }

  private void drop(AccountId id) {
    List<Transaction> all = entries.getOrDefault(id, List.of());
    int kept = firstAfter(all, indexed.sequence());
    if (kept == all.size()) {
      entries.remove(id);
    } else {
      all.subList(0, kept).clear();
    }
  }

  /** What was posted behind a sequence, in order; null if some of it is here no more. */
  synchronized @Nullable List<Outcome> postedSince(long sequence) {
    if (sequence == end.sequence()) {
      return List.of();
    }
    if (sequence < indexed.sequence() || sequence > end.sequence()) {
      return null;
    }
    ArrayDeque<Outcome> found = new ArrayDeque<>();
    for (Iterator<Outcome> last = posted.descendingIterator(); last.hasNext(); ) {
      Outcome outcome = last.next();
      if (sequence(outcome) <= sequence) {
        break;
      }
      found.addFirst(outcome);
    }
    return List.copyOf(found);
  }

  /** The outcome of a request, or null if it is not here. */
  synchronized @Nullable Outcome outcome(RequestKey key) {
    return outcomes.get(key);
  }

  /** An account that was opened here, or null. */
  synchronized @Nullable Account opened(AccountId id) {
    List<Transaction> all = entries.getOrDefault(id, List.of());
    // Nothing comes before the opening.
    ListedAccount opening = all.isEmpty() ? null : openings.get(all.get(0).sequence());
    return opening == null ? null : opening.account();
  }

  /** What is on an account, or null if it has no entry here. */
  synchronized @Nullable Long balance(AccountId id) {
    List<Transaction> all = entries.getOrDefault(id, List.of());
    return all.isEmpty() ? null : entry(all.get(all.size() - 1), id).balance();
  }

  /** An account's part in a transaction that it has a part in. */
  static Entry entry(Transaction transaction, AccountId id) {
    for (Entry entry : transaction.entries()) {
      if (entry.account().equals(id)) {
        return entry;
      }
    }
    throw new IllegalArgumentException(
        "account: " + id + " (expected: one of " + transaction + ")");
  }

  /** The first of an account's transactions behind a sequence, and up to another. */
  synchronized Slice first(AccountId id, long after, long upTo, int limit) {
    List<Transaction> all = entries.getOrDefault(id, List.of());
    int from = firstAfter(all, after);
    int to = Math.min(firstAfter(all, upTo), from + limit);
    return new Slice(
        indexed.sequence(),
        end.sequence(),
        from < to ? List.copyOf(all.subList(from, to)) : List.of());
  }

  /** The last of an account's transactions up to a sequence; one at the most. */
  synchronized Slice last(AccountId id, long upTo) {
    List<Transaction> all = entries.getOrDefault(id, List.of());
    int after = firstAfter(all, upTo);
    return new Slice(
        indexed.sequence(), end.sequence(), after == 0 ? List.of() : List.of(all.get(after - 1)));
  }

  /** The accounts that were opened here behind a sequence, and how far the indexes are. */
  synchronized Openings openings(@Nullable Identity owner, long after, int limit) {
    List<ListedAccount> found =
        openings.tailMap(after, false).values().stream()
            .filter(each -> owner == null || each.account().owner().equals(owner))
            .limit(limit)
            .toList();
    return new Openings(indexed.sequence(), found);
  }

  /** What {@link #openings} found. */
  record Openings(long indexed, List<ListedAccount> accounts) {}

  /** The place of the first transaction behind a sequence. */
  private static int firstAfter(List<Transaction> transactions, long sequence) {
    int low = 0;
    int high = transactions.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (transactions.get(middle).sequence() <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
