package dev.mbank.client;

import static dev.mbank.client.BankClient.newRequestId;

import com.google.type.Money;
import dev.mbank.v1.Entry;
import dev.mbank.v1.Transaction;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.util.UUID;
import org.springframework.boot.CommandLineRunner;

/**
 * A tour of the bank: opens two accounts, moves money, is refused an overdraft and prints the
 * statement. It may be run again on the same bank: the accounts are there then, and the statement
 * begins with what the runs before left.
 */
final class Demo implements CommandLineRunner {
  private static final String CURRENCY = "EUR";
  private static final String ALICE = "demo-alice";
  private static final String BOB = "demo-bob";

  private final FirstContact contact;
  private final BankClient bank;
  private final PrintStream out;

  Demo(FirstContact contact, BankClient bank, PrintStream out) {
    this.contact = contact;
    this.bank = bank;
    this.out = out;
  }

  @Override
  public void run(String... args) {
    out.println("Connected: " + contact.make());
    out.println("Healthy:   the bank is serving");
    out.println();
    open(ALICE, "Alice");
    open(BOB, "Bob");
    Transaction first = deposit();
    withdraw();
    transfer();
    overdraw();
    out.println();
    balance(ALICE);
    balance(BOB);
    out.println();
    out.println("Statement of " + ALICE + " in " + CURRENCY + ", of this run");
    out.println();
    StatementTable.lines(bank.statement(ALICE, first.getCommitTime())).forEach(out::println);
    out.flush();
  }

  private void open(String accountId, String displayName) {
    String outcome = "opened";
    try {
      bank.createAccount(newRequestId(), accountId, CURRENCY, displayName);
    } catch (BankRefusedException e) {
      if (!e.reason().equals("ACCOUNT_ALREADY_EXISTS")) {
        throw e;
      }
      outcome = "already there";
    }
    step("account", accountId, CURRENCY, outcome);
  }

  /** Sends the request twice, as a client does that never got the first answer. */
  private Transaction deposit() {
    UUID requestId = newRequestId();
    Money amount = Amounts.money(CURRENCY, "100.00");
    Transaction done = bank.deposit(requestId, ALICE, amount, "Salary");
    step("deposit", ALICE, Amounts.text(amount), after(done, ALICE));
    Transaction again = bank.deposit(requestId, ALICE, amount, "Salary");
    if (!again.equals(done)) {
      throw new IllegalStateException("the same request got another answer: " + again);
    }
    step("  sent again", "", "", "same request id, same answer: done once");
    return done;
  }

  private void withdraw() {
    Money amount = Amounts.money(CURRENCY, "20.00");
    Transaction done = bank.withdraw(newRequestId(), ALICE, amount, "Cash");
    step("withdrawal", ALICE, Amounts.text(amount), after(done, ALICE));
  }

  private void transfer() {
    Money amount = Amounts.money(CURRENCY, "30.00");
    Transaction done = bank.transfer(newRequestId(), ALICE, BOB, amount, "Dinner");
    step("transfer", ALICE + " to " + BOB, Amounts.text(amount), after(done, ALICE));
  }

  /** Asks for a cent more than there is, so it is refused in every run. */
  private void overdraw() {
    BigDecimal available = Amounts.decimal(bank.balance(ALICE).getAvailable());
    Money amount = Amounts.money(CURRENCY, available.add(new BigDecimal("0.01")));
    try {
      Transaction done = bank.withdraw(newRequestId(), ALICE, amount, "Too much");
      throw new IllegalStateException("the bank paid out more than there was: " + done);
    } catch (BankRefusedException e) {
      if (!e.reason().equals("INSUFFICIENT_FUNDS")) {
        throw e;
      }
      String outcome =
          "refused: %s (available %s, requested %s)"
              .formatted(e.reason(), e.metadata().get("available"), e.metadata().get("requested"));
      step("overdraft", ALICE, Amounts.text(amount), outcome);
    }
  }

  private void balance(String accountId) {
    step("balance", accountId, Amounts.text(bank.balance(accountId).getPosted()), "");
  }

  private void step(String what, String who, String amount, String outcome) {
    out.println("%-12s  %-22s  %12s  %s".formatted(what, who, amount, outcome).stripTrailing());
  }

  private static String after(Transaction transaction, String accountId) {
    Money balance =
        transaction.getEntriesList().stream()
            .filter(entry -> entry.getAccountId().equals(accountId))
            .map(Entry::getBalance)
            .findFirst()
            .orElseThrow();
    return transaction.getTransactionId() + ", balance " + Amounts.text(balance);
  }
}
