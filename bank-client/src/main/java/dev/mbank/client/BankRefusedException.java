package dev.mbank.client;

import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bank's no. It is final: the same request gets the same answer again. The reasons and their
 * metadata are in {@code bank_service.proto}.
 */
final class BankRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Status.Code code;
  private final ErrorInfo info;

  BankRefusedException(StatusRuntimeException error, ErrorInfo info) {
    super(message(info.getReason(), error.getStatus().getDescription()), error);
    this.code = error.getStatus().getCode();
    this.info = info;
  }

  Status.Code code() {
    return code;
  }

  /** Such as {@code INSUFFICIENT_FUNDS}. */
  String reason() {
    return info.getReason();
  }

  Map<String, String> metadata() {
    return info.getMetadataMap();
  }

  /** The bank's words, which begin with the reason where it has no better ones. */
  private static String message(String reason, @Nullable String description) {
    if (description == null) {
      return reason;
    }
    return description.startsWith(reason) ? description : reason + ": " + description;
  }
}
