package dev.mbank.benchmarks;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransferResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Some of the writes that were acknowledged: the transaction of each, and the request's id. */
final class Sample {
  private static final int MOST = 2000;

  private final Map<String, String> requests = new ConcurrentHashMap<>();

  void add(Requests request, byte[] reply) {
    if (requests.size() >= MOST || request.method == Requests.CREATE_ACCOUNT) {
      return;
    }
    try { // A deposit's answer has the same form.
      Transaction transaction = TransferResponse.parseFrom(reply).getTransaction();
      requests.put(transaction.getTransactionId(), request.requestId());
    } catch (InvalidProtocolBufferException e) {
      requests.put("no answer of the contract", request.requestId());
    }
  }

  /** Request ids by transaction id. */
  Map<String, String> requests() {
    return requests;
  }
}
