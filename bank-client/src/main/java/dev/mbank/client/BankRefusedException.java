package dev.mbank.client;

import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The bank's no. It is final: the same request gets the same answer again. The reasons and their
 * metadata are in {@code bank_service.proto}.
 */
final class BankRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Status.Code code;
  private final ErrorInfo info;

  BankRefusedException(StatusRuntimeException error, ErrorInfo info) {
    super(info.getReason() + ": " + error.getStatus().getDescription() + metadataOf(info), error);
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

  private static String metadataOf(ErrorInfo info) {
    return info.getMetadataMap().isEmpty() ? "" : " " + new TreeMap<>(info.getMetadataMap());
  }
}
