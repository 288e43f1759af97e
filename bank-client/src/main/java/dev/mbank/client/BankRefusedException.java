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

  /** What only the server's operator can do about a caller that may not. */
  static final String TO_BE_GRANTED =
      "whoever runs the server has to grant our identity a role that may do this";

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

  /** What to do about it. */
  String advice() {
    return switch (code) {
      case UNAUTHENTICATED, PERMISSION_DENIED -> TO_BE_GRANTED;
      default -> "this is final: ask for something else, with a request_id of its own";
    };
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
