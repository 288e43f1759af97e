package dev.mbank.server.grpc;

import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Transaction;
import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call that is in the audit trail if it writes or is denied: one {@link AuditRecord}, given to
 * the logger {@code mbank.audit} before the answer leaves.
 *
 * <p>It is written where the handler answers, not where the call ends: a caller that hangs up does
 * not undo its write, and must not hide it either.
 */
final class AuditedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
  static final Context.Key<AuditedCall<?, ?>> KEY = Context.key("mbank.audited");

  private static final Logger log = LoggerFactory.getLogger("mbank.audit");

  private final AuditedMethod method;
  private volatile List<String> ids = List.of();
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
    ids = method.idsOf(message);
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
      log.info(
          "", // The record is all there is; the trail's encoder asks it for its fields.
          new AuditRecord(
              Instant.now(),
              Caller.of(this),
              method,
              ids,
              done,
              opened,
              StatusMapper.reason(status, trailers)));
    }
    super.close(status, trailers);
  }

  static boolean isDenied(Status status) {
    return status.getCode() == Status.Code.UNAUTHENTICATED
        || status.getCode() == Status.Code.PERMISSION_DENIED;
  }
}
