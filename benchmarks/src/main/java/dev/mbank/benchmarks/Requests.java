package dev.mbank.benchmarks;

import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import com.google.protobuf.MessageLite;
import com.google.type.Money;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.GetBalanceRequest;
import dev.mbank.v1.TransferRequest;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.UUID;

/**
 * The messages of one caller who calls one at a time. They are encoded once; a call has only its
 * request id and its accounts written into the bytes, for the load shares the processors with what
 * it loads, and whatever it takes is missing there.
 */
final class Requests {
  static final String DESCRIPTION = "Dinner";

  private static final Bytes BYTES = new Bytes();
  static final MethodDescriptor<byte[], byte[]> CREATE_ACCOUNT =
      bytes(BankServiceGrpc.getCreateAccountMethod());
  private static final MethodDescriptor<byte[], byte[]> DEPOSIT =
      bytes(BankServiceGrpc.getDepositMethod());
  private static final MethodDescriptor<byte[], byte[]> TRANSFER =
      bytes(BankServiceGrpc.getTransferMethod());
  private static final MethodDescriptor<byte[], byte[]> GET_BALANCE =
      bytes(BankServiceGrpc.getGetBalanceMethod());

  private static final String SOME_ID = new UUID(0, 0).toString();
  private static final String SOME_ACCOUNT = account(0);
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  // Where things are in the bytes: each field has a tag and a length before it, of a byte each.
  private static final int FIRST = 2;
  private static final int SECOND = FIRST + SOME_ID.length() + 2;
  private static final int THIRD = SECOND + SOME_ACCOUNT.length() + 2;
  private static final int DIGITS = 4;

  private static final byte[] OPEN =
      encoded(
          CreateAccountRequest.newBuilder()
              .setRequestId(SOME_ID)
              .setAccountId(SOME_ACCOUNT)
              .setCurrencyCode("EUR")
              .setDisplayName("Somebody"));
  private static final byte[] MUCH = encoded(deposit(1_000_000_000));
  private static final byte[] LITTLE = encoded(deposit(1));
  private static final byte[] MOVE =
      encoded(
          TransferRequest.newBuilder()
              .setRequestId(SOME_ID)
              .setSourceAccountId(SOME_ACCOUNT)
              .setDestinationAccountId(SOME_ACCOUNT)
              .setAmount(euro(1))
              .setDescription(DESCRIPTION));
  private static final byte[] READ =
      encoded(GetBalanceRequest.newBuilder().setAccountId(SOME_ACCOUNT));

  private final TimeBasedEpochGenerator ids;
  private final byte[] transfer = MOVE.clone();
  private final byte[] getBalance = READ.clone();

  /** What the call that was made ready last is. */
  MethodDescriptor<byte[], byte[]> method = GET_BALANCE;

  byte[] message = getBalance;

  Requests(TimeBasedEpochGenerator ids) {
    this.ids = ids;
  }

  static String account(int number) {
    return String.format("account-%04d", number);
  }

  /** Makes the next call ready; the number is of use where each account has its turn. */
  void next(Workload workload, int number, Random random) {
    switch (workload) {
      case OPEN -> write(CREATE_ACCOUNT, OPEN.clone(), number);
      case FUND -> write(DEPOSIT, MUCH.clone(), number);
      case DEPOSITS -> write(DEPOSIT, LITTLE.clone(), random.nextInt(Workload.ACCOUNTS));
      case TRANSFERS -> transfer(random.nextInt(Workload.ACCOUNTS), random);
      case HOT -> hot(random);
      case READS -> read(random);
      case MIX -> {
        if (random.nextInt(5) == 0) {
          read(random);
        } else {
          transfer(random.nextInt(Workload.ACCOUNTS), random);
        }
      }
    }
  }

  boolean isWrite() {
    return method != GET_BALANCE;
  }

  /** The request id of the write that was made ready last. */
  String requestId() {
    return new String(message, FIRST, SOME_ID.length(), StandardCharsets.US_ASCII);
  }

  private void transfer(int source, Random random) {
    int other = (source + 1 + random.nextInt(Workload.ACCOUNTS - 1)) % Workload.ACCOUNTS;
    write(TRANSFER, transfer, source);
    putAccount(transfer, THIRD, other);
  }

  private void hot(Random random) {
    int other = 1 + random.nextInt(Workload.ACCOUNTS - 1);
    boolean pays = random.nextBoolean();
    write(TRANSFER, transfer, pays ? 0 : other);
    putAccount(transfer, THIRD, pays ? other : 0);
  }

  private void read(Random random) {
    method = GET_BALANCE;
    message = getBalance;
    putAccount(message, FIRST, random.nextInt(Workload.ACCOUNTS));
  }

  private void write(MethodDescriptor<byte[], byte[]> method, byte[] message, int account) {
    this.method = method;
    this.message = message;
    UUID id = ids.generate();
    int at = putHex(message, FIRST, id.getMostSignificantBits() >>> 32, 8);
    at = putHex(message, at + 1, id.getMostSignificantBits() >>> 16, 4);
    at = putHex(message, at + 1, id.getMostSignificantBits(), 4);
    at = putHex(message, at + 1, id.getLeastSignificantBits() >>> 48, 4);
    putHex(message, at + 1, id.getLeastSignificantBits(), 12);
    putAccount(message, SECOND, account);
  }

  private static int putHex(byte[] bytes, int at, long value, int digits) {
    for (int i = digits - 1; i >= 0; i--) {
      bytes[at + i] = HEX[(int) (value & 0xf)];
      value >>>= 4;
    }
    return at + digits;
  }

  private static void putAccount(byte[] bytes, int at, int number) {
    int last = at + SOME_ACCOUNT.length() - 1;
    for (int i = 0; i < DIGITS; i++) {
      bytes[last - i] = (byte) ('0' + number % 10);
      number /= 10;
    }
  }

  private static DepositRequest.Builder deposit(long units) {
    return DepositRequest.newBuilder()
        .setRequestId(SOME_ID)
        .setAccountId(SOME_ACCOUNT)
        .setAmount(euro(units))
        .setDescription(DESCRIPTION);
  }

  private static Money euro(long units) {
    return Money.newBuilder().setCurrencyCode("EUR").setUnits(units).build();
  }

  private static byte[] encoded(MessageLite.Builder message) {
    return message.build().toByteArray();
  }

  private static MethodDescriptor<byte[], byte[]> bytes(MethodDescriptor<?, ?> method) {
    return method.toBuilder(BYTES, BYTES).build();
  }

  /** Bytes that stay as they are. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try (stream) {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
