package dev.mbank.server.ledger;

import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import java.util.Currency;
import java.util.UUID;

/** Commands and their parts in few words. A request is named by a number. */
final class Commands {
  static final Currency EUR = Currency.getInstance("EUR");
  static final Currency JPY = Currency.getInstance("JPY");
  static final Currency BHD = Currency.getInstance("BHD");
  static final Identity CLIENT = new Identity("spiffe://mbank.local/client");
  static final Identity STRANGER = new Identity("spiffe://mbank.local/stranger");

  private Commands() {}

  static CreateAccount open(int request, String account, Currency currency) {
    return new CreateAccount(key(request), id(account), currency, "");
  }

  static Deposit deposit(int request, String account, Money amount) {
    return new Deposit(key(request), id(account), amount, "");
  }

  static Withdraw withdraw(int request, String account, Money amount) {
    return new Withdraw(key(request), id(account), amount, "");
  }

  static Transfer transfer(int request, String source, String destination, Money amount) {
    return new Transfer(key(request), id(source), id(destination), amount, "");
  }

  static RequestKey key(int request) {
    return key(CLIENT, request);
  }

  static RequestKey key(Identity identity, int request) {
    return new RequestKey(identity, new UUID(0, request));
  }

  static AccountId id(String account) {
    return new AccountId(account);
  }

  static Money eur(long cents) {
    return new Money(EUR, cents);
  }

  static Money jpy(long yen) {
    return new Money(JPY, yen);
  }
}
