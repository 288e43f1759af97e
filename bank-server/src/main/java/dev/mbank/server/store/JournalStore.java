package dev.mbank.server.store;

import dev.mbank.server.commit.JournalHead;
import dev.mbank.server.commit.LedgerStore;
import dev.mbank.server.commit.OutcomeUnknownException;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountBalance;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.RequestKey;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The write side. It keeps one connection, and takes a new one after a commit or a rollback that
 * failed, for what those leave behind is not worth finding out. With a new connection the tail is
 * made anew, for a database that failed over may have lost its end.
 *
 * <p>The connection belongs to the batch that is open. Closing the store meanwhile takes nothing
 * from it and does not wait for it, for it may hang; that batch is the last, and its end closes the
 * connection.
 */
final class JournalStore implements LedgerStore, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(JournalStore.class);

  /** Opens a connection for the writer. */
  interface Connections {
    JournalConnection open() throws SQLException;
  }

  private final Connections connections;
  private final Tail tail;
  private final Indexer indexer;
  private @Nullable JournalConnection connection;

  /** Whether the connection is new, and nobody has been told yet. */
  private boolean fresh;

  private boolean batchOpen;
  private boolean closed;

  /**
   * @param tail is told what was appended
   * @param indexer follows it
   */
  JournalStore(Connections connections, Tail tail, Indexer indexer) {
    this.connections = connections;
    this.tail = tail;
    this.indexer = indexer;
  }

  @Override
  public Batch begin() {
    take();
    try {
      indexer.keepUp();
      JournalConnection open = connection;
      boolean reconnected = open == null;
      if (open == null) {
        open = connections.open();
        connection = open;
        fresh = true;
      }
      long incarnation = tail.incarnation();
      Head head = open.beginAppending();
      if (reconnected) {
        JournalConnection.reload(open.jdbc, head, tail);
      } else {
        JournalConnection.follow(open.jdbc, head, tail, incarnation);
      }
      return new JournalBatch(open, head);
    } catch (SQLException | RuntimeException e) {
      discard();
      giveBack();
      throw new StoreUnavailableException("begin", e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (!batchOpen) {
      discard();
    }
  }

  private synchronized void take() {
    if (closed) {
      throw new StoreUnavailableException("the store is closed");
    }
    batchOpen = true;
  }

  private synchronized void giveBack() {
    batchOpen = false;
    if (closed) {
      discard();
    }
  }

  private void discard() {
    JournalConnection old = connection;
    connection = null;
    if (old != null) {
      try {
        old.close();
      } catch (SQLException e) {
        log.warn("Closing the writer's connection failed", e);
      }
    }
  }

  private final class JournalBatch implements Batch {
    private final JournalConnection open;
    private final Position start;

    /** Nobody but this batch, which has locked the head, makes the tail anew. */
    private final long incarnation = tail.incarnation();

    private final List<Outcome> appended = new ArrayList<>();
    private Head head;
    private boolean committed;
    private boolean ended;

    JournalBatch(JournalConnection open, Head head) {
      this.open = open;
      this.head = head;
      this.start = head.end();
    }

    @Override
    public JournalHead head() {
      return new JournalHead(head.end().sequence(), head.commitTime());
    }

    @Override
    public @Nullable List<Outcome> postedSince(long sequence) {
      if (fresh) {
        fresh = false;
        return null;
      }
      return tail.postedSince(sequence);
    }

    @Override
    public Map<RequestKey, Outcome> outcomes(Set<RequestKey> keys) {
      Map<RequestKey, Outcome> found = new HashMap<>();
      List<RequestKey> others = new ArrayList<>();
      for (RequestKey key : keys) {
        Outcome outcome = tail.outcome(key);
        if (outcome == null) {
          others.add(key);
        } else {
          found.put(key, outcome);
        }
      }
      try {
        found.putAll(open.outcomes(others, tail.indexed()));
      } catch (SQLException e) {
        throw new StoreUnavailableException("reading earlier outcomes failed", e);
      }
      return found;
    }

    @Override
    public Map<AccountId, AccountBalance> accounts(Set<AccountId> ids) {
      Map<AccountId, AccountBalance> accounts = new HashMap<>();
      Map<AccountId, Long> newer = new HashMap<>();
      Set<AccountId> indexed = new HashSet<>();
      for (AccountId id : ids) {
        Long balance = tail.balance(id);
        Currency settled = id.settlementCurrency();
        Account account = settled == null ? tail.opened(id) : Account.settlement(settled);
        if (balance != null && account != null) {
          accounts.put(id, new AccountBalance(account, balance));
          continue;
        }
        indexed.add(id);
        if (balance != null) {
          newer.put(id, balance);
        }
      }
      try {
        open.accounts(indexed)
            .forEach(
                (id, found) ->
                    accounts.put(
                        id,
                        new AccountBalance(
                            found.account(), newer.getOrDefault(id, found.balance()))));
      } catch (SQLException e) {
        throw new StoreUnavailableException("reading accounts failed", e);
      }
      return accounts;
    }

    @Override
    public void append(List<Outcome> outcomes) {
      try {
        if (outcomes.isEmpty()) {
          open.claimRoom();
          return;
        }
        head = open.append(head, outcomes);
      } catch (SQLException e) {
        throw new StoreUnavailableException("appending failed", e);
      }
      appended.addAll(outcomes);
    }

    @Override
    public void commit() {
      try {
        open.commit();
      } catch (SQLException e) {
        discard();
        throw new OutcomeUnknownException("the commit failed", e);
      }
      committed = true;
      tail.extend(incarnation, start, appended);
      indexer.wake();
    }

    @Override
    public void close() {
      if (ended) {
        return;
      }
      ended = true;
      if (!committed && open == connection) {
        try {
          open.rollback();
        } catch (SQLException e) {
          log.debug("Rollback failed; the connection is given up", e);
          discard();
        }
      }
      giveBack();
    }
  }
}
