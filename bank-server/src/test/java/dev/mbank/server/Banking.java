package dev.mbank.server;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Message;
import com.google.type.Money;
import dev.mbank.v1.Balance;
import dev.mbank.v1.BankServiceGrpc.BankServiceBlockingStub;
import dev.mbank.v1.BankServiceGrpc.BankServiceFutureStub;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.WithdrawRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Random writes to a few accounts, and what their answers say. */
final class Banking {
  static final List<String> ACCOUNTS = List.of("alpha", "beta", "gamma", "delta", "eps");

  private Banking() {}

  /** Any write; of the withdrawals, transfers and openings some are refused. */
  static Message any(Random random) {
    String id = new UUID(random.nextLong(), random.nextLong()).toString();
    String account = ACCOUNTS.get(random.nextInt(ACCOUNTS.size()));
    String other = ACCOUNTS.get(random.nextInt(ACCOUNTS.size()));
    Money.Builder amount =
        Money.newBuilder().setCurrencyCode("EUR").setUnits(1 + random.nextInt(1000));
    int dice = random.nextInt(10);
    if (dice == 0) {
      return TestClient.opening(account).toBuilder().setRequestId(id).build();
    }
    if (dice < 4 || account.equals(other)) {
      return DepositRequest.newBuilder()
          .setRequestId(id)
          .setAccountId(account)
          .setAmount(amount)
          .build();
    }
    if (dice < 7) {
      return WithdrawRequest.newBuilder()
          .setRequestId(id)
          .setAccountId(account)
          .setAmount(amount)
          .build();
    }
    return TransferRequest.newBuilder()
        .setRequestId(id)
        .setSourceAccountId(account)
        .setDestinationAccountId(other)
        .setAmount(amount)
        .build();
  }

  static ListenableFuture<? extends Message> call(BankServiceFutureStub bank, Message request) {
    if (request instanceof CreateAccountRequest opening) {
      return bank.createAccount(opening);
    }
    if (request instanceof DepositRequest deposit) {
      return bank.deposit(deposit);
    }
    if (request instanceof WithdrawRequest withdrawal) {
      return bank.withdraw(withdrawal);
    }
    return bank.transfer((TransferRequest) request);
  }

  /** The response or the status of a refusal, both final. Anything else is thrown. */
  static Message outcome(ListenableFuture<? extends Message> answer) {
    try {
      return answer.get(60, SECONDS);
    } catch (ExecutionException e) {
      StatusRuntimeException error = (StatusRuntimeException) e.getCause();
      Status.Code code = error.getStatus().getCode();
      if (code == Status.Code.FAILED_PRECONDITION
          || code == Status.Code.ALREADY_EXISTS
          || code == Status.Code.NOT_FOUND) {
        return StatusProto.fromThrowable(error);
      }
      throw error;
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("expected: an answer", e);
    }
  }

  static String requestId(Message request) {
    return (String) request.getField(request.getDescriptorForType().findFieldByName("request_id"));
  }

  /** The transaction that an answer tells, or null if it tells none, as one to an opening. */
  static @Nullable Transaction transaction(Message answer) {
    var field = answer.getDescriptorForType().findFieldByName("transaction");
    return field == null ? null : (Transaction) answer.getField(field);
  }

  static Balance balance(BankServiceBlockingStub bank, String account) {
    var request = GetBalanceRequest.newBuilder().setAccountId(account).build();
    return bank.getBalance(request).getBalance();
  }

  /** Where the journal ends, as a read says. */
  static long end(BankServiceBlockingStub bank) {
    return balance(bank, "settlement-eur").getSequence();
  }
}
