package dev.mbank.server.store;

import dev.mbank.server.commit.JournalHead;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Payment;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Entry;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.ledger.Transaction;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a batch of outcomes adds to each table, and where it leaves the head. */
final class JournalRows {
  final JsonRows transactions = new JsonRows();
  final JsonRows entries = new JsonRows();
  final JsonRows accounts = new JsonRows();
  final JsonRows refusals = new JsonRows();

  /** The last balance of each account, in the order of the table's key. */
  private final Map<String, Long> balances = new TreeMap<>();

  private JournalHead head;

  JournalRows(JournalHead head, List<Outcome> outcomes) {
    this.head = head;
    for (Outcome outcome : outcomes) {
      if (outcome.decision() instanceof Posted posted) {
        add(outcome.command(), posted.transaction());
      } else {
        add(outcome.command(), (Refused) outcome.decision());
      }
    }
  }

  /** The balances that change. */
  JsonRows balances() {
    JsonRows rows = new JsonRows();
    balances.forEach(rows::add);
    return rows;
  }

  /** Where the journal ends after the batch. */
  JournalHead head() {
    return head;
  }

  private void add(Command command, Transaction transaction) {
    long sequence = transaction.sequence();
    head = new JournalHead(sequence, transaction.commitTime());
    transactions.add(
        sequence,
        Rows.micros(transaction.commitTime()),
        transaction.key().identity().name(),
        transaction.key().requestId().toString(),
        transaction.kind().name(),
        transaction.currency().getCurrencyCode(),
        transaction.description());
    int leg = 0;
    for (Entry entry : transaction.entries()) {
      String account = entry.account().value();
      entries.add(sequence, leg++, account, entry.amount(), entry.balance());
      balances.put(account, entry.balance());
    }
    if (command instanceof CreateAccount create) {
      Account account = create.opened(transaction.commitTime());
      accounts.add(
          sequence,
          account.id().value(),
          account.owner().name(),
          account.currency().getCurrencyCode(),
          account.displayName());
    }
  }

  private void add(Command command, Refused refused) {
    AccountId account;
    String destination = null;
    String currency;
    Long amount = null;
    String description;
    if (command instanceof CreateAccount create) {
      account = create.account();
      currency = create.currency().getCurrencyCode();
      description = create.displayName();
    } else {
      Payment payment = (Payment) command;
      account = payment.source().isSettlement() ? payment.destination() : payment.source();
      destination = command instanceof Transfer transfer ? transfer.destination().value() : null;
      currency = payment.amount().currency().getCurrencyCode();
      amount = payment.amount().minorUnits();
      description = payment.description();
    }
    refusals.add(
        head.sequence(),
        command.key().identity().name(),
        command.key().requestId().toString(),
        command.kind().name(),
        account.value(),
        destination,
        currency,
        amount,
        description,
        refused.refusal().name(),
        Rows.json(refused.details()));
  }
}
