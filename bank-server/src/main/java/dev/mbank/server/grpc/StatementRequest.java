package dev.mbank.server.grpc;

import dev.mbank.server.ledger.AccountId;
import dev.mbank.v1.GetStatementRequest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A well-formed request for a page of a statement.
 *
 * @param start of the span, inclusive; null for the beginning
 * @param end of the span, exclusive; null for no end
 * @param page where the page before left off; null for the first page
 */
record StatementRequest(
    AccountId account,
    @Nullable Instant start,
    @Nullable Instant end,
    int pageSize,
    @Nullable Page page) {

  /**
   * Where a page stands in its statement.
   *
   * @param from the statement's entries come after this sequence
   * @param after this page's entries come after this sequence
   * @param upTo and all entries not after this one
   */
  record Page(long from, long after, long upTo) {}

  static StatementRequest of(GetStatementRequest request) {
    AccountId account = RequestMapper.accountId(request.getAccountId(), "account_id");
    Instant start =
        RequestMapper.time(request.hasStartTime(), request.getStartTime(), "start_time");
    Instant end = RequestMapper.time(request.hasEndTime(), request.getEndTime(), "end_time");
    if (start != null && end != null && end.isBefore(start)) {
      throw new InvalidFieldException("end_time", end, "not before start_time, " + start);
    }
    int pageSize = RequestMapper.pageSize(request.getPageSize());
    StatementRequest first = new StatementRequest(account, start, end, pageSize, null);
    if (request.getPageToken().isEmpty()) {
      return first;
    }
    long[] numbers = PageToken.decode(request.getPageToken(), first.name(), 3);
    Page page = new Page(numbers[0], numbers[1], numbers[2]);
    return new StatementRequest(account, start, end, pageSize, page);
  }

  /** The token for the page after one. */
  String token(Page next) {
    return PageToken.encode(name(), next.from(), next.after(), next.upTo());
  }

  private String name() {
    return "statement/" + account + "/" + start + "/" + end;
  }
}
