package dev.mbank.benchmarks;

import com.google.type.Money;
import dev.mbank.v1.Balance;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.BankServiceGrpc.BankServiceBlockingStub;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.GetTransactionRequest;
import io.grpc.Channel;
import java.math.BigDecimal;
import java.util.Map;

/**
 * What is in a bank's books, by its own word.
 *
 * @param transactions how many there are
 * @param sum what all balances, the settlement account's too, add up to
 * @param missing how many of the sampled writes are not there under their request's id
 */
record Books(long transactions, BigDecimal sum, long missing) {

  /** Asks the bank. Its sequence has no gaps, so it tells how many transactions there are. */
  static Books of(Channel channel, Acknowledged acknowledged) {
    BankServiceBlockingStub bank = BankServiceGrpc.newBlockingStub(channel);
    Balance settlement = balance(bank, "settlement-eur");
    BigDecimal sum = amount(settlement.getPosted());
    for (int i = 0; i < Workload.ACCOUNTS; i++) {
      sum = sum.add(amount(balance(bank, Requests.account(i)).getPosted()));
    }
    long missing =
        acknowledged.sample().entrySet().stream().filter(each -> !isThere(bank, each)).count();
    return new Books(settlement.getSequence(), sum, missing);
  }

  /** Holds the books against what was acknowledged; nothing if all is well. */
  String faults(Acknowledged acknowledged) {
    StringBuilder faults = new StringBuilder();
    long least = acknowledged.writes();
    if (transactions < least || transactions > least + acknowledged.unclear()) {
      faults.append(transactions).append(" transactions (expected: ").append(least);
      faults.append(", and ").append(acknowledged.unclear()).append(" that are unclear); ");
    }
    if (sum.signum() != 0) {
      faults.append("balances sum to ").append(sum).append(" (expected: 0); ");
    }
    if (missing > 0) {
      faults.append(missing).append(" of the sampled writes are not in the books; ");
    }
    return faults.toString();
  }

  private static boolean isThere(BankServiceBlockingStub bank, Map.Entry<String, String> write) {
    GetTransactionRequest request =
        GetTransactionRequest.newBuilder().setTransactionId(write.getKey()).build();
    return bank.getTransaction(request).getTransaction().getRequestId().equals(write.getValue());
  }

  private static Balance balance(BankServiceBlockingStub bank, String account) {
    return bank.getBalance(GetBalanceRequest.newBuilder().setAccountId(account).build())
        .getBalance();
  }

  private static BigDecimal amount(Money money) {
    return BigDecimal.valueOf(money.getUnits()).add(BigDecimal.valueOf(money.getNanos(), 9));
  }
}
