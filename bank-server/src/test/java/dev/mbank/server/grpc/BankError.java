package dev.mbank.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * An error as a client gets it, and what holds of each: a listed reason with its status, one
 * ErrorInfo of the bank's domain, and nothing that tells how the server is made.
 */
record BankError(
    Code code, String reason, Map<String, String> metadata, com.google.rpc.Status full) {
  private static final Map<Code, Set<String>> LISTED =
      Map.of(
          Code.INVALID_ARGUMENT, Set.of("INVALID_FIELD"),
          Code.UNAUTHENTICATED, Set.of("UNKNOWN_IDENTITY"),
          Code.PERMISSION_DENIED, Set.of("PERMISSION_DENIED"),
          Code.NOT_FOUND, Set.of("ACCOUNT_NOT_FOUND", "TRANSACTION_NOT_FOUND"),
          Code.ALREADY_EXISTS, Set.of("ACCOUNT_ALREADY_EXISTS", "REQUEST_ID_REUSED"),
          Code.FAILED_PRECONDITION,
              Set.of("INSUFFICIENT_FUNDS", "CURRENCY_MISMATCH", "BALANCE_OUT_OF_RANGE"),
          Code.RESOURCE_EXHAUSTED, Set.of("OVERLOADED"),
          Code.UNAVAILABLE, Set.of("OUTCOME_UNKNOWN", "STORE_UNAVAILABLE"),
          Code.INTERNAL, Set.of("INTERNAL"));

  /** Classes, stack traces, SQL, files. */
  private static final Pattern INTERNALS =
      Pattern.compile(
          "(?i)dev[./]mbank|java\\.|javax\\.|io\\.grpc|org\\.|com\\.zaxxer|exception|\\bat [a-z]+\\."
              + "|sqlite|jdbc|select |insert |journal_|\\.db\\b|/tmp|\\.java:");

  /** The error of a call that fails. */
  static BankError of(ThrowingCallable call) {
    return from(catchThrowableOfType(StatusRuntimeException.class, call));
  }

  static BankError from(StatusRuntimeException failure) {
    assertThat(failure).as("a refused call").isNotNull();
    com.google.rpc.Status full = StatusProto.fromThrowable(failure);
    assertThat(full).as("details of %s", failure).isNotNull();
    assertThat(full.getMessage()).isEqualTo(failure.getStatus().getDescription()).isNotBlank();
    assertThat(full.toString()).doesNotContainPattern(INTERNALS);
    List<Any> infos =
        full.getDetailsList().stream().filter(detail -> detail.is(ErrorInfo.class)).toList();
    assertThat(infos).as("ErrorInfo of %s", full).hasSize(1);
    ErrorInfo info = unpack(infos.get(0), ErrorInfo.class);
    Code code = failure.getStatus().getCode();
    assertThat(info.getDomain()).isEqualTo("mbank.dev");
    assertThat(full.getCode()).isEqualTo(code.value());
    assertThat(LISTED).containsKey(code);
    assertThat(LISTED.get(code)).contains(info.getReason());
    return new BankError(code, info.getReason(), info.getMetadataMap(), full);
  }

  /** The reason and its data: all that a client may rely on. */
  String shown() {
    return reason + " " + new java.util.TreeMap<>(metadata);
  }

  <T extends Message> Optional<T> detail(Class<T> type) {
    return full.getDetailsList().stream()
        .filter(detail -> detail.is(type))
        .findFirst()
        .map(detail -> unpack(detail, type));
  }

  private static <T extends Message> T unpack(Any detail, Class<T> type) {
    try {
      return detail.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
