package dev.mbank.server.grpc;

import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Transaction;
import dev.mbank.server.security.Peer;
import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A call that is in the audit trail if it writes or is denied: one line of JSON, written by the
 * logger {@code mbank.audit} before the answer leaves.
 *
 * <p>It is written where the handler answers, not where the call ends: a caller that hangs up does
 * not undo its write, and must not hide it either.
 */
final class AuditedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
  static final Context.Key<AuditedCall<?, ?>> KEY = Context.key("mbank.audited");

  private static final Logger log = LoggerFactory.getLogger("mbank.audit");

  /** What is no ASCII is escaped, so that no reader takes anything for the end of a line. */
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** Longer than any well-formed id. */
  private static final int MAX_ID = 64;

  private final AuditedMethod method;
  private volatile @Nullable Object request;
  private volatile @Nullable Transaction done;
  private volatile String opened = "";

  AuditedCall(ServerCall<Q, A> call, AuditedMethod method) {
    super(call);
    this.method = method;
  }

  /** The call that this thread handles. */
  static AuditedCall<?, ?> current() {
    return KEY.get();
  }

  void requested(@Nullable Object message) {
    request = message;
  }

  /** What a write came to. */
  void done(Command command, Transaction transaction) {
    if (command instanceof CreateAccount opening) {
      opened = opening.account().value(); // The caller may have named none.
    }
    done = transaction;
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (method.write() || isDenied(status)) {
      log.info(JSON.writeValueAsString(record(status, trailers)));
    }
    super.close(status, trailers);
  }

  static boolean isDenied(Status status) {
    return status.getCode() == Status.Code.UNAUTHENTICATED
        || status.getCode() == Status.Code.PERMISSION_DENIED;
  }

  private Map<String, String> record(Status status, Metadata trailers) {
    Peer peer = Caller.of(this);
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("time", Instant.now().truncatedTo(ChronoUnit.MICROS).toString());
    fields.put("identity", peer.toString());
    fields.put("certificate_serial", cut(peer.serial()));
    fields.put("rpc", method.name());
    method.eachId(request, (name, id) -> fields.put(name, cut(id)));
    Transaction transaction = done;
    if (transaction != null) {
      if (!opened.isEmpty()) {
        fields.put("account_id", opened);
      }
      fields.put("transaction_id", ResponseMapper.transactionId(transaction.sequence()));
    }
    fields.put("outcome", StatusMapper.reason(status, trailers));
    fields.values().removeIf(String::isEmpty);
    return fields;
  }

  /** Whatever a caller sends as an id: no longer than ids are, and whole characters. */
  private static String cut(String id) {
    if (id.length() <= MAX_ID) {
      return id;
    }
    int end = Character.isHighSurrogate(id.charAt(MAX_ID - 1)) ? MAX_ID - 1 : MAX_ID;
    return id.substring(0, end) + "...";
  }
}
