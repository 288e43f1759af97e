package dev.mbank.benchmarks;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransferResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What a target has said that it did: it is held against its books at the end. */
final class Acknowledged {
  private static final int MOST = 2000;

  private final Map<String, String> sample = new ConcurrentHashMap<>();
  private long writes;
  private long unclear;

  /** Adds the calls of a run that has ended. */
  void add(Tally tally) {
    writes += tally.writes();
    unclear += tally.failed();
  }

  /** Keeps one of the writes, as long as they are few. */
  void keep(Requests request, byte[] reply) {
    if (sample.size() >= MOST || request.method == Requests.CREATE_ACCOUNT) {
      return;
    }
    try { // A deposit's answer has the same form.
      Transaction transaction = TransferResponse.parseFrom(reply).getTransaction();
      sample.put(transaction.getTransactionId(), request.requestId());
    } catch (InvalidProtocolBufferException e) {
      sample.put("no answer of the contract", request.requestId());
    }
  }

  long writes() {
    return writes;
  }

  /** Calls that ended neither well nor in a refusal: a write may be done or not. */
  long unclear() {
    return unclear;
  }

  /** Some of the writes: request ids by transaction id. */
  Map<String, String> sample() {
    return sample;
  }
}
