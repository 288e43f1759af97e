package dev.mbank.server.grpc;

import dev.mbank.server.ledger.Transaction;
import dev.mbank.server.security.Peer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import net.logstash.logback.argument.StructuredArgument;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * One record of the audit trail. The call only takes down what it was: its text is made by the
 * thread that writes the file.
 *
 * @param time when the call was answered
 * @param request what the caller sent, if it came that far
 * @param done the transaction, if there is one
 * @param opened the account that the call opened, or nothing
 * @param outcome OK, or the reason of the refusal
 */
record AuditRecord(
    Instant time,
    Peer peer,
    AuditedMethod method,
    @Nullable Object request,
    @Nullable Transaction done,
    String opened,
    String outcome)
    implements StructuredArgument {
  /** Longer than any well-formed id. */
  private static final int MAX_ID = 64;

  @Override
  public void writeTo(JsonGenerator json) {
    write(json, "time", time.truncatedTo(ChronoUnit.MICROS).toString());
    write(json, "identity", peer.toString());
    write(json, "certificate_serial", cut(peer.serial()));
    write(json, "rpc", method.name());
    // The caller of an opening may have named no account.
    method.eachId(
        request,
        (name, id) ->
            write(json, name, name.equals("account_id") && !opened.isEmpty() ? opened : cut(id)));
    if (done != null) {
      write(json, "transaction_id", ResponseMapper.transactionId(done.sequence()));
    }
    write(json, "outcome", outcome);
  }

  private static void write(JsonGenerator json, String name, String value) {
    if (!value.isEmpty()) {
      json.writeStringProperty(name, value);
    }
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
