package dev.mbank.server.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.mbank.server.commit.OutcomeUnknownException;
import dev.mbank.server.commit.OverloadedException;
import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.ledger.Decision.Refused;
import dev.mbank.server.ledger.Refusal;
import dev.mbank.server.security.PermissionDeniedException;
import dev.mbank.server.security.UnknownIdentityException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where failures become the contract's errors. What is not listed here leaves as
 * INTERNAL with an id; what it was is in the log under that id, and nowhere else.
 */
final class StatusMapper {
  private static final Logger log = LoggerFactory.getLogger(StatusMapper.class);
  private static final String DOMAIN = "mbank.dev";

  /** All that there are in the contract. */
  static final List<String> REASONS =
      Stream.concat(
              Stream.of(
                  "INVALID_FIELD",
                  "UNKNOWN_IDENTITY",
                  "PERMISSION_DENIED",
                  "TRANSACTION_NOT_FOUND",
                  "OVERLOADED",
                  "OUTCOME_UNKNOWN",
                  "STORE_UNAVAILABLE",
                  "INTERNAL"),
              Stream.of(Refusal.values()).map(Refusal::name))
          .toList();

  private StatusMapper() {}

  /**
   * The error that a caller gets.
   *
   * @param method the full name of the method that was called
   */
  static StatusRuntimeException map(Throwable failure, String method) {
    if (failure instanceof CompletionException && failure.getCause() != null) {
      return map(failure.getCause(), method);
    }
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof RefusedException refused) {
      return refused(refused.refused());
    }
    if (failure instanceof InvalidFieldException invalid) {
      return invalid(invalid.field(), message);
    }
    if (failure instanceof UnknownIdentityException) {
      return error(Code.UNAUTHENTICATED, "UNKNOWN_IDENTITY", message, Map.of());
    }
    if (failure instanceof PermissionDeniedException denied) {
      return error(
          Code.PERMISSION_DENIED,
          "PERMISSION_DENIED",
          message,
          Map.of("identity", denied.identity().name(), "method", method));
    }
    if (failure instanceof TransactionNotFoundException absent) {
      return error(
          Code.NOT_FOUND,
          "TRANSACTION_NOT_FOUND",
          message,
          Map.of("transaction_id", absent.transactionId()));
    }
    if (failure instanceof OverloadedException overloaded) {
      RetryInfo retry =
          RetryInfo.newBuilder()
              .setRetryDelay(Durations.fromMillis(overloaded.retryAfter().toMillis()))
              .build();
      return error(Code.RESOURCE_EXHAUSTED, "OVERLOADED", message, Map.of(), retry);
    }
    if (failure instanceof OutcomeUnknownException) {
      String told = "the outcome is unknown: send the same request again to learn it";
      return error(Code.UNAVAILABLE, "OUTCOME_UNKNOWN", told, Map.of());
    }
    if (failure instanceof StoreUnavailableException) {
      String told = "the bank's store is not available and nothing was done: send it again";
      return error(Code.UNAVAILABLE, "STORE_UNAVAILABLE", told, Map.of());
    }
    return internal(failure, method);
  }

  /** The reason in an error that this made; gRPC's own errors have their code for one. */
  static String reason(Status status, Metadata trailers) {
    if (status.isOk()) {
      return "OK";
    }
    try {
      for (Any detail : StatusProto.fromStatusAndTrailers(status, trailers).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          return detail.unpack(ErrorInfo.class).getReason();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      log.warn("an error without a readable reason: {}", status, e);
    }
    return status.getCode().name();
  }

  private static StatusRuntimeException refused(Refused refused) {
    Code code =
        switch (refused.refusal()) {
          case REQUEST_ID_REUSED, ACCOUNT_ALREADY_EXISTS -> Code.ALREADY_EXISTS;
          case ACCOUNT_NOT_FOUND -> Code.NOT_FOUND;
          case CURRENCY_MISMATCH, INSUFFICIENT_FUNDS, BALANCE_OUT_OF_RANGE ->
              Code.FAILED_PRECONDITION;
        };
    String reason = refused.refusal().name();
    return error(code, reason, reason + " " + refused.details(), refused.details());
  }

  private static StatusRuntimeException invalid(String field, String message) {
    BadRequest badRequest =
        BadRequest.newBuilder()
            .addFieldViolations(
                BadRequest.FieldViolation.newBuilder().setField(field).setDescription(message))
            .build();
    return error(
        Code.INVALID_ARGUMENT, "INVALID_FIELD", message, Map.of("field", field), badRequest);
  }

  private static StatusRuntimeException internal(Throwable failure, String method) {
    String id = UUID.randomUUID().toString();
    log.error("error_id={} method={}", id, method, failure);
    String message = "an internal error; the server's log has it under " + id;
    return error(Code.INTERNAL, "INTERNAL", message, Map.of("error_id", id));
  }

  private static StatusRuntimeException error(
      Code code, String reason, String message, Map<String, String> metadata, Message... details) {
    ErrorInfo info =
        ErrorInfo.newBuilder().setDomain(DOMAIN).setReason(reason).putAllMetadata(metadata).build();
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(code.getNumber())
            .setMessage(message)
            .addDetails(Any.pack(info));
    for (Message detail : details) {
      status.addDetails(Any.pack(detail));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }
}
