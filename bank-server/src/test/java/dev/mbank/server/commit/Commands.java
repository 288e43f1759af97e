package dev.mbank.server.commit;

import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import dev.mbank.server.ledger.Identity;
import dev.mbank.server.ledger.Money;
import dev.mbank.server.ledger.RequestKey;
import java.util.Currency;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Commands for tests, in euros and each with a request id of its own. */
public final class Commands {
  public static final Identity ALICE = new Identity("spiffe://mbank.test/alice");
  public static final Identity BOB = new Identity("spiffe://mbank.test/bob");
  public static final Currency EUR = Currency.getInstance("EUR");
  public static final Currency JPY = Currency.getInstance("JPY");

  private Commands() {}

  public static RequestKey key(Identity identity) {
    return new RequestKey(identity, UUID.randomUUID());
  }

  public static CreateAccount open(String account) {
    return new CreateAccount(key(ALICE), new AccountId(account), EUR, "Account " + account);
  }

  public static Deposit deposit(String account, long cents) {
    return new Deposit(key(ALICE), new AccountId(account), new Money(EUR, cents), "in");
  }

  public static Withdraw withdraw(String account, long cents) {
    return new Withdraw(key(ALICE), new AccountId(account), new Money(EUR, cents), "out");
  }

  public static Transfer transfer(String source, String destination, long cents) {
    return new Transfer(
        key(ALICE), new AccountId(source), new AccountId(destination), new Money(EUR, cents), "");
  }

  /** A command on some of these accounts; most are done, some are refused. */
  public static Command any(Random random, List<String> accounts) {
    String one = accounts.get(random.nextInt(accounts.size()));
    String other = accounts.get(random.nextInt(accounts.size()));
    long cents = 1L + random.nextInt(500);
    int dice = random.nextInt(10);
    if (dice == 0) {
      return open(one);
    }
    if (dice < 4 || one.equals(other)) {
      return deposit(one, cents);
    }
    return dice < 7 ? withdraw(one, cents) : transfer(one, other, cents);
  }
}
