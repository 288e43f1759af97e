package dev.mbank.server.ledger;

import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Payment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules of the bank once more, as simply as can be and with nothing of {@link Ledger}: it looks
 * for every reason to refuse, gives the first in the documented order, and adds up balances from
 * all that ever moved.
 */
final class NaiveBank {
  private record Judged(Command command, String verdict) {}

  private record Movement(String account, BigInteger amount) {}

  private record Reason(Refusal refusal, String account) {}

  private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private final List<Judged> judged = new ArrayList<>();
  private final List<Movement> movements = new ArrayList<>();
  private final Map<String, String> currencies = new HashMap<>();

  /** Judges a command: {@code POSTED}, or the refusal and the account that it names, if any. */
  String judge(Command command) {
    for (Judged earlier : judged) {
      if (earlier.command().key().equals(command.key())) {
        return earlier.command().equals(command) ? earlier.verdict() : "REQUEST_ID_REUSED";
      }
    }
    List<Reason> reasons =
        command instanceof CreateAccount create
            ? reasonsAgainst(create)
            : reasonsAgainst((Payment) command);
    String verdict =
        reasons.stream()
            .min(Comparator.comparing(Reason::refusal))
            .map(reason -> reason.refusal() + " " + reason.account())
            .orElse("POSTED");
    if (verdict.equals("POSTED")) {
      carryOut(command);
    }
    judged.add(new Judged(command, verdict));
    return verdict;
  }

  BigInteger balance(String account) {
    return movements.stream()
        .filter(movement -> movement.account().equals(account))
        .map(Movement::amount)
        .reduce(BigInteger.ZERO, BigInteger::add);
  }

  private List<Reason> reasonsAgainst(CreateAccount create) {
    String account = create.account().value();
    return currencies.containsKey(account)
        ? List.of(new Reason(Refusal.ACCOUNT_ALREADY_EXISTS, account))
        : List.of();
  }

  private List<Reason> reasonsAgainst(Payment payment) {
    BigInteger amount = BigInteger.valueOf(payment.amount().minorUnits());
    List<Reason> reasons = new ArrayList<>();
    reasons.addAll(reasonsAgainst(payment, payment.source().value(), amount.negate()));
    reasons.addAll(reasonsAgainst(payment, payment.destination().value(), amount));
    return reasons;
  }

  private List<Reason> reasonsAgainst(Payment payment, String account, BigInteger change) {
    boolean ofTheBank = account.startsWith("settlement-");
    String currency = payment.amount().currency().getCurrencyCode();
    BigInteger after = balance(account).add(change);
    List<Reason> reasons = new ArrayList<>();
    if (!ofTheBank && !currencies.containsKey(account)) {
      reasons.add(new Reason(Refusal.ACCOUNT_NOT_FOUND, account));
    }
    if (!ofTheBank && !currency.equals(currencies.getOrDefault(account, currency))) {
      reasons.add(new Reason(Refusal.CURRENCY_MISMATCH, account));
    }
    if (!ofTheBank && after.signum() < 0) {
      reasons.add(new Reason(Refusal.INSUFFICIENT_FUNDS, account));
    }
    if (after.compareTo(MIN) < 0 || after.compareTo(MAX) > 0) {
      reasons.add(new Reason(Refusal.BALANCE_OUT_OF_RANGE, account));
    }
    return reasons;
  }

  private void carryOut(Command command) {
    if (command instanceof CreateAccount create) {
      currencies.put(create.account().value(), create.currency().getCurrencyCode());
    } else if (command instanceof Payment payment) {
      BigInteger amount = BigInteger.valueOf(payment.amount().minorUnits());
      movements.add(new Movement(payment.source().value(), amount.negate()));
      movements.add(new Movement(payment.destination().value(), amount));
    }
  }
}
