package dev.mbank.server.ledger;

import static dev.mbank.server.ledger.Refusal.ACCOUNT_ALREADY_EXISTS;
import static dev.mbank.server.ledger.Refusal.ACCOUNT_NOT_FOUND;
import static dev.mbank.server.ledger.Refusal.BALANCE_OUT_OF_RANGE;
import static dev.mbank.server.ledger.Refusal.CURRENCY_MISMATCH;
import static dev.mbank.server.ledger.Refusal.INSUFFICIENT_FUNDS;
import static dev.mbank.server.ledger.Refusal.REQUEST_ID_REUSED;

import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Payment;
import dev.mbank.server.ledger.Decision.Posted;
import dev.mbank.server.ledger.Decision.Refused;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rules of the bank, as one function. */
public final class Ledger {
  private Ledger() {}

  /**
   * Decides a command. Changes nothing; whoever calls applies what was decided to its view before
   * the next decision.
   *
   * @param commitTime what a new transaction bears; not before that of the last one
   * @return the earlier decision if this very command was decided before
   */
  public static Decision decide(LedgerView view, Command command, Instant commitTime) {
    Outcome earlier = view.outcome(command.key());
    if (earlier != null) {
      return repeat(earlier, command);
    }
    if (command instanceof CreateAccount create) {
      return open(view, create, commitTime);
    }
    return pay(view, (Payment) command, commitTime);
  }

  private static Decision repeat(Outcome earlier, Command command) {
    String field = command.differingField(earlier.command());
    if (field == null) {
      return earlier.decision();
    }
    String requestId = command.key().requestId().toString();
    return new Refused(REQUEST_ID_REUSED, Map.of("request_id", requestId, "field", field));
  }

  private static Decision open(LedgerView view, CreateAccount command, Instant commitTime) {
    if (view.account(command.account()) != null) {
      return refused(ACCOUNT_ALREADY_EXISTS, command.account());
    }
    // An entry of zero ties the opening to its account, as every other transaction is tied.
    List<Entry> entries = List.of(new Entry(command.account(), 0, 0));
    return new Posted(
        new Transaction(
            view.sequence() + 1,
            commitTime,
            command.key(),
            command.kind(),
            command.currency(),
            entries,
            command.displayName()));
  }

  private static Decision pay(LedgerView view, Payment command, Instant commitTime) {
    Money amount = command.amount();
    AccountBalance source = find(view, command.source(), amount);
    if (source == null) {
      return refused(ACCOUNT_NOT_FOUND, command.source());
    }
    AccountBalance destination = find(view, command.destination(), amount);
    if (destination == null) {
      return refused(ACCOUNT_NOT_FOUND, command.destination());
    }
    for (AccountBalance side : List.of(source, destination)) {
      if (!side.account().currency().equals(amount.currency())) {
        return currencyMismatch(side.account(), amount);
      }
    }
    long minorUnits = amount.minorUnits();
    if (!command.source().isSettlement() && source.balance() < minorUnits) {
      return insufficientFunds(source, amount);
    }
    // Only a settlement account can be driven below the range of a long.
    if (source.balance() < Long.MIN_VALUE + minorUnits) {
      return refused(BALANCE_OUT_OF_RANGE, command.source());
    }
    if (destination.balance() > Long.MAX_VALUE - minorUnits) {
      return refused(BALANCE_OUT_OF_RANGE, command.destination());
    }
    List<Entry> entries =
        List.of(
            new Entry(command.source(), -minorUnits, source.balance() - minorUnits),
            new Entry(command.destination(), minorUnits, destination.balance() + minorUnits));
    return new Posted(
        new Transaction(
            view.sequence() + 1,
            commitTime,
            command.key(),
            command.kind(),
            amount.currency(),
            entries,
            command.description()));
  }

  private static @Nullable AccountBalance find(LedgerView view, AccountId id, Money amount) {
    AccountBalance found = view.account(id);
    if (found == null && id.isSettlement()) {
      return new AccountBalance(Account.settlement(amount.currency()), 0);
    }
    return found;
  }

  private static Refused refused(Refusal refusal, AccountId account) {
    return new Refused(refusal, Map.of("account_id", account.value()));
  }

  private static Refused currencyMismatch(Account account, Money amount) {
    return new Refused(
        CURRENCY_MISMATCH,
        Map.of(
            "account_id", account.id().value(),
            "account_currency", account.currency().getCurrencyCode(),
            "amount_currency", amount.currency().getCurrencyCode()));
  }

  private static Refused insufficientFunds(AccountBalance source, Money amount) {
    return new Refused(
        INSUFFICIENT_FUNDS,
        Map.of(
            "account_id", source.account().id().value(),
            "currency_code", amount.currency().getCurrencyCode(),
            "available", new Money(amount.currency(), source.balance()).toDecimal(),
            "requested", amount.toDecimal()));
  }
}
