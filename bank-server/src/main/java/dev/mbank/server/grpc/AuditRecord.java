package dev.mbank.server.grpc;

import dev.mbank.server.ledger.Transaction;
import dev.mbank.server.security.Peer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import net.logstash.logback.argument.StructuredArgument;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * One record of the audit trail. The call only takes down what it was: its text is made by the
 * thread that writes the file. It keeps no request: thousands of records may wait for the disk.
 *
 * @param time when the call was answered
 * @param ids what the request has in the method's fields of ids; none if it did not come that far
 * @param done the transaction, if there is one
 * @param opened the account that the call opened, or nothing
 * @param outcome OK, or the reason of the refusal
 */
record AuditRecord(
    Instant time,
    Peer peer,
    AuditedMethod method,
    List<String> ids,
    @Nullable Transaction done,
    String opened,
    String outcome)
    implements StructuredArgument {
  @Override
  public void writeTo(JsonGenerator json) {
    write(json, "time", time.truncatedTo(ChronoUnit.MICROS).toString());
    write(json, "identity", peer.toString());
    write(json, "certificate_serial", AuditedMethod.cut(peer.serial()));
    write(json, "rpc", method.name());
    // The caller of an opening may have named no account.
    for (int i = 0; i < ids.size(); i++) {
      String name = method.ids().get(i).getName();
      write(json, name, name.equals("account_id") && !opened.isEmpty() ? opened : ids.get(i));
    }
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
}
