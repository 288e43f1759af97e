package dev.mbank.server.grpc;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import dev.mbank.server.ledger.Money;
import dev.mbank.server.ledger.RequestKey;
import dev.mbank.server.security.Peer;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.DepositRequest;
import dev.mbank.v1.TransferRequest;
import dev.mbank.v1.WithdrawRequest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Currency;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * From requests to commands, field by field in the order of the contract. Throws {@link
 * InvalidFieldException} for the first field that is not well-formed, and only then asks the peer
 * who it is.
 */
final class RequestMapper {
  private static final UUID NIL = new UUID(0, 0);
  private static final Pattern TRANSACTION_ID = Pattern.compile("tx-([1-9][0-9]{0,17})");
  private static final int MAX_DISPLAY_NAME = 128;
  private static final int MAX_DESCRIPTION = 256;
  private static final int MAX_PAGE_SIZE = 1000;
  private static final int DEFAULT_PAGE_SIZE = 100;

  private RequestMapper() {}

  static CreateAccount createAccount(CreateAccountRequest request, Peer peer) {
    UUID requestId = requestId(request.getRequestId());
    AccountId chosen =
        request.getAccountId().isEmpty()
            ? null
            : clientsAccountId(request.getAccountId(), "account_id");
    Currency currency = MoneyMapper.currency(request.getCurrencyCode(), "currency_code");
    String displayName = text(request.getDisplayName(), "display_name", MAX_DISPLAY_NAME);
    RequestKey key = new RequestKey(peer.identity(), requestId);
    AccountId account = chosen == null ? AccountId.derivedFrom(key) : chosen;
    return new CreateAccount(key, account, currency, displayName);
  }

  static Deposit deposit(DepositRequest request, Peer peer) {
    UUID requestId = requestId(request.getRequestId());
    AccountId account = clientsAccountId(request.getAccountId(), "account_id");
    Money amount = MoneyMapper.positive(request.getAmount(), "amount");
    String description = text(request.getDescription(), "description", MAX_DESCRIPTION);
    return new Deposit(new RequestKey(peer.identity(), requestId), account, amount, description);
  }

  static Withdraw withdraw(WithdrawRequest request, Peer peer) {
    UUID requestId = requestId(request.getRequestId());
    AccountId account = clientsAccountId(request.getAccountId(), "account_id");
    Money amount = MoneyMapper.positive(request.getAmount(), "amount");
    String description = text(request.getDescription(), "description", MAX_DESCRIPTION);
    return new Withdraw(new RequestKey(peer.identity(), requestId), account, amount, description);
  }

  static Transfer transfer(TransferRequest request, Peer peer) {
    UUID requestId = requestId(request.getRequestId());
    AccountId source = clientsAccountId(request.getSourceAccountId(), "source_account_id");
    AccountId destination =
        clientsAccountId(request.getDestinationAccountId(), "destination_account_id");
    if (source.equals(destination)) {
      throw new InvalidFieldException(
          "destination_account_id", destination, "another account than source_account_id");
    }
    Money amount = MoneyMapper.positive(request.getAmount(), "amount");
    String description = text(request.getDescription(), "description", MAX_DESCRIPTION);
    RequestKey key = new RequestKey(peer.identity(), requestId);
    return new Transfer(key, source, destination, amount, description);
  }

  static AccountId accountId(String value, String field) {
    if (!AccountId.matches(value)) {
      throw new InvalidFieldException(field, value, AccountId.PATTERN);
    }
    return new AccountId(value);
  }

  /** The sequence that a transaction id names. */
  static long sequence(String transactionId) {
    Matcher matcher = TRANSACTION_ID.matcher(transactionId);
    if (!matcher.matches()) {
      throw new InvalidFieldException("transaction_id", transactionId, TRANSACTION_ID.pattern());
    }
    return Long.parseLong(matcher.group(1));
  }

  static int pageSize(int value) {
    if (value < 0) {
      throw new InvalidFieldException("page_size", value, "0 to " + MAX_PAGE_SIZE);
    }
    return value == 0 ? DEFAULT_PAGE_SIZE : Math.min(value, MAX_PAGE_SIZE);
  }

  /**
   * A bound of a span of time. Commit times are whole microseconds, so one that lies at or after
   * this time lies at or after the next whole microsecond.
   *
   * @return null if the field is absent
   */
  static @Nullable Instant time(boolean present, Timestamp value, String field) {
    if (!present) {
      return null;
    }
    if (!Timestamps.isValid(value)) {
      String shown = value.getSeconds() + " s " + value.getNanos() + " ns";
      throw new InvalidFieldException(field, shown, "a time of the years 1 to 9999");
    }
    Instant time = Instant.ofEpochSecond(value.getSeconds(), value.getNanos());
    Instant whole = time.truncatedTo(ChronoUnit.MICROS);
    return whole.equals(time) ? whole : whole.plus(1, ChronoUnit.MICROS);
  }

  private static UUID requestId(String value) {
    UUID id = uuid(value);
    if (id == null) {
      throw new InvalidFieldException("request_id", value, "a UUID");
    }
    if (id.equals(NIL)) {
      throw new InvalidFieldException("request_id", value, "a UUID of this request's own");
    }
    return id;
  }

  /** Null if it is none. The parser takes shorter groups of digits too, which print as longer. */
  private static @Nullable UUID uuid(String value) {
    try {
      UUID id = UUID.fromString(value);
      return id.toString().equalsIgnoreCase(value) ? id : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static AccountId clientsAccountId(String value, String field) {
    AccountId id = accountId(value, field);
    if (id.isSettlement()) {
      throw new InvalidFieldException(field, value, "no account of the bank's own");
    }
    return id;
  }

  private static String text(String value, String field, int limit) {
    int length = value.codePointCount(0, value.length());
    if (length > limit) {
      throw new InvalidFieldException(field, length + " characters", "at most " + limit);
    }
    if (!isPlain(value) && value.codePoints().anyMatch(RequestMapper::isInvisible)) {
      throw new InvalidFieldException(field, value, "no control or format characters, in one line");
    }
    return value;
  }

  /** Whether it is printable ASCII, as most is: that is soon seen. */
  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  /** What can make a line of text look like another: control it, turn it round, break it. */
  private static boolean isInvisible(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
