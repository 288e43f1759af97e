package dev.mbank.client;

import com.google.type.Money;
import dev.mbank.v1.Account;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.springframework.boot.CommandLineRunner;

/**
 * In the client's program, behind its demo: banks without a pause until its input ends. Each line
 * of what it prints is {@code done N}, how many deposits were done, or {@code failed} and why; the
 * last is the balance.
 */
final class SteadyBanking implements CommandLineRunner {
  static final String ACCOUNT = "steady";
  static final String DONE = "done ";
  static final String FAILED = "failed ";
  static final String BALANCE = "in the books ";

  private static final int CALLERS = 4;
  private static final int TOLD = 50;

  private final BankClient bank;
  private final AtomicLong done = new AtomicLong();
  private final AtomicBoolean ended = new AtomicBoolean();

  SteadyBanking(BankClient bank) {
    this.bank = bank;
  }

  @Override
  public void run(String... arguments) throws Exception {
    Account account = bank.createAccount(BankClient.newRequestId(), ACCOUNT, "EUR", "Steady");
    List<Thread> callers =
        Stream.generate(() -> new Thread(() -> call(account.getAccountId())))
            .limit(CALLERS)
            .toList();
    callers.forEach(Thread::start);
    awaitEndOfInput();
    ended.set(true);
    for (Thread caller : callers) {
      caller.join();
    }
    System.out.println(DONE + done);
    System.out.println(BALANCE + Amounts.text(bank.balance(ACCOUNT).getPosted()));
  }

  private void call(String account) {
    Money amount = Amounts.money("EUR", "1.00");
    while (!ended.get()) {
      try {
        bank.deposit(BankClient.newRequestId(), account, amount, "Steady");
        if (done.incrementAndGet() % TOLD == 0) {
          System.out.println(DONE + done);
        }
        bank.balance(account);
      } catch (RuntimeException e) {
        System.out.println(FAILED + e);
      }
    }
  }

  private static void awaitEndOfInput() throws IOException {
    while (System.in.read() >= 0) {
      // Nobody writes: it only ends.
    }
  }
}
