package dev.mbank.server.commit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Decision;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A store in memory. It can be told to wait or to fail in any step, before or after doing it. */
final class FakeLedgerStore implements LedgerStore {

  enum Step {
    BEGIN,
    HEAD,
    OUTCOMES,
    ACCOUNTS,
    APPEND,
    COMMIT,
    CLOSE
  }

  enum Moment {
    BEFORE,
    AFTER
  }

  private record Place(Step step, Moment moment) {}

  private final Map<Place, Queue<Runnable>> surprises = new ConcurrentHashMap<>();
  private final Map<AccountId, AccountBalance> damaged = new ConcurrentHashMap<>();
  private final ReplayedLedger ledger = new ReplayedLedger();
  private final List<Step> steps = new ArrayList<>();
  private final List<List<Outcome>> commits = new ArrayList<>();
  private volatile boolean broken;
  private volatile boolean forgetful;
  private volatile @Nullable Step failing;

  /** Throws once at a place, the next time that it is reached. */
  void failNext(Step step, Moment moment, Throwable failure) {
    surprise(
        step,
        moment,
        () -> {
          if (failure instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) failure;
        });
  }

  /** Waits once at a place, the next time that it is reached. */
  Gate blockNext(Step step, Moment moment) {
    Gate gate = new Gate();
    surprise(step, moment, gate::pass);
    return gate;
  }

  /** Fails in every begin, or works again. */
  void setBroken(boolean broken) {
    this.broken = broken;
  }

  /** Does not know what others posted. */
  void forget() {
    forgetful = true;
  }

  /** Fails in every one of these steps, or in none. */
  void setFailing(@Nullable Step step) {
    failing = step;
  }

  /** Gives something that makes decisions on this account throw. */
  @SuppressWarnings("NullAway") // That is the damage.
  void damage(String account) {
    damaged.put(new AccountId(account), new AccountBalance(null, 0));
  }

  /** Decides and appends as another server would, behind the back of this one. */
  synchronized Decision decideElsewhere(Command command, Instant time) {
    return ledger.decide(command, time);
  }

  /** All that was committed, in order. */
  synchronized List<Outcome> journal() {
    return ledger.journal();
  }

  /** What each commit brought, but for those that only show that the store can write. */
  synchronized List<List<Outcome>> commits() {
    return List.copyOf(commits);
  }

  /** Which steps were done or tried since the last call of this. */
  synchronized List<Step> takeSteps() {
    List<Step> taken = List.copyOf(steps);
    steps.clear();
    return taken;
  }

  @Override
  public Batch begin() {
    if (broken) {
      throw new StoreUnavailableException("broken");
    }
    enter(Step.BEGIN);
    leave(Step.BEGIN);
    return new FakeBatch();
  }

  private void surprise(Step step, Moment moment, Runnable what) {
    surprises
        .computeIfAbsent(new Place(step, moment), place -> new ConcurrentLinkedQueue<>())
        .add(what);
  }

  private static long sequence(Outcome outcome) {
    return outcome.decision() instanceof Posted posted ? posted.transaction().sequence() : 0;
  }

  private void enter(Step step) {
    synchronized (this) {
      steps.add(step);
    }
    if (step == failing) {
      throw new StoreUnavailableException("fails always");
    }
    meet(new Place(step, Moment.BEFORE));
  }

  private void leave(Step step) {
    meet(new Place(step, Moment.AFTER));
  }

  private void meet(Place place) {
    Queue<Runnable> waiting = surprises.get(place);
    Runnable surprise = waiting == null ? null : waiting.poll();
    if (surprise != null) {
      surprise.run();
    }
  }

  /** Where the writer waits until the test lets it go. */
  static final class Gate {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    void awaitReached() throws InterruptedException {
      assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
    }

    void open() {
      opened.countDown();
    }

    private void pass() {
      reached.countDown();
      try {
        opened.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private final class FakeBatch implements Batch {
    private @Nullable List<Outcome> appended;

    @Override
    public JournalHead head() {
      enter(Step.HEAD);
      JournalHead head;
      synchronized (FakeLedgerStore.this) {
        head = ledger.head();
      }
      leave(Step.HEAD);
      return head;
    }

    @Override
    public @Nullable List<Outcome> postedSince(long sequence) {
      synchronized (FakeLedgerStore.this) {
        return forgetful
            ? null
            : ledger.journal().stream().filter(each -> sequence(each) > sequence).toList();
      }
    }

    @Override
    public Map<RequestKey, Outcome> outcomes(Set<RequestKey> keys) {
      enter(Step.OUTCOMES);
      Map<RequestKey, Outcome> found;
      synchronized (FakeLedgerStore.this) {
        found = ledger.outcomes(keys);
      }
      leave(Step.OUTCOMES);
      return found;
    }

    @Override
    public Map<AccountId, AccountBalance> accounts(Set<AccountId> ids) {
      enter(Step.ACCOUNTS);
      Map<AccountId, AccountBalance> found;
      synchronized (FakeLedgerStore.this) {
        found = ledger.accounts(ids);
      }
      damaged.forEach(
          (id, damage) -> {
            if (ids.contains(id)) {
              found.put(id, damage);
            }
          });
      leave(Step.ACCOUNTS);
      return found;
    }

    @Override
    public void append(List<Outcome> outcomes) {
      enter(Step.APPEND);
      assertThat(appended).isNull();
      appended = List.copyOf(outcomes);
      leave(Step.APPEND);
    }

    @Override
    public void commit() {
      enter(Step.COMMIT);
      synchronized (FakeLedgerStore.this) {
        List<Outcome> outcomes = appended == null ? List.of() : appended;
        outcomes.forEach(ledger::apply);
        if (appended == null || !appended.isEmpty()) {
          commits.add(outcomes);
        }
      }
      leave(Step.COMMIT);
    }

    @Override
    public void close() {
      enter(Step.CLOSE);
      appended = null;
      leave(Step.CLOSE);
    }
  }
}
