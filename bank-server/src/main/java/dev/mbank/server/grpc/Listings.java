package dev.mbank.server.grpc;

import dev.mbank.server.commit.LedgerQueries;
import dev.mbank.server.commit.LedgerQueries.BalanceAt;
import dev.mbank.server.commit.LedgerQueries.ListedAccount;
import dev.mbank.server.commit.LedgerQueries.StatementLine;
import dev.mbank.server.ledger.Account;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Transaction;
import dev.mbank.v1.GetStatementResponse;
import dev.mbank.v1.ListAccountsResponse;
import java.util.List;

/** What callers read: permission first, then whether it is there, then pages. May block. */
final class Listings {
  private static final String ACCOUNTS = "accounts";

  private final LedgerQueries queries;

  Listings(LedgerQueries queries) {
    this.queries = queries;
  }

  Account account(Access access, AccountId id) {
    access.require(id);
    Account account = queries.account(id);
    if (account == null) {
      throw RefusedException.accountNotFound(id);
    }
    return account;
  }

  BalanceAt balance(Access access, AccountId id) {
    access.require(id);
    BalanceAt balance = queries.balance(id);
    if (balance == null) {
      throw RefusedException.accountNotFound(id);
    }
    return balance;
  }

  Transaction transaction(Access access, long sequence) {
    Transaction transaction = queries.transaction(sequence);
    boolean permitted =
        access.toEverything()
            || (transaction != null
                && transaction.entries().stream().anyMatch(entry -> access.to(entry.account())));
    if (!permitted) {
      throw access.denied();
    }
    if (transaction == null) {
      throw new TransactionNotFoundException("tx-" + sequence);
    }
    return transaction;
  }

  /** Reads the token of a page of accounts. */
  static long accountsAfter(String token) {
    return token.isEmpty() ? 0 : PageToken.decode(token, ACCOUNTS, 1)[0];
  }

  ListAccountsResponse accounts(Access access, long after, int pageSize) {
    // One more than a page shows whether there is another.
    List<ListedAccount> found = queries.accounts(access.owner(), after, pageSize + 1);
    List<ListedAccount> page = found.subList(0, Math.min(pageSize, found.size()));
    ListAccountsResponse.Builder response = ListAccountsResponse.newBuilder();
    page.forEach(each -> response.addAccounts(ResponseMapper.account(each.account())));
    if (found.size() > pageSize) {
      long last = page.get(pageSize - 1).sequence();
      response.setNextPageToken(PageToken.encode(ACCOUNTS, last));
    }
    return response.build();
  }

  GetStatementResponse statement(Access access, StatementRequest request) {
    Account account = account(access, request.account());
    StatementRequest.Page page = request.page() == null ? firstPage(request) : request.page();
    AccountId id = account.id();
    int pageSize = request.pageSize();
    List<StatementLine> found = queries.statement(id, page.after(), page.upTo(), pageSize + 1);
    List<StatementLine> lines = found.subList(0, Math.min(pageSize, found.size()));
    GetStatementResponse.Builder response =
        GetStatementResponse.newBuilder()
            .setOpeningBalance(
                MoneyMapper.toProto(account.currency(), queries.balanceAt(id, page.from())))
            .setClosingBalance(
                MoneyMapper.toProto(account.currency(), queries.balanceAt(id, page.upTo())));
    lines.forEach(
        line -> response.addEntries(ResponseMapper.statementEntry(account.currency(), line)));
    if (found.size() > pageSize) {
      long last = lines.get(pageSize - 1).sequence();
      StatementRequest.Page next = new StatementRequest.Page(page.from(), last, page.upTo());
      response.setNextPageToken(request.token(next));
    }
    return response.build();
  }

  /** Fixes the statement's span as sequences, which no later commit can move. */
  private StatementRequest.Page firstPage(StatementRequest request) {
    long end = queries.sequence();
    if (request.end() != null) {
      end = Math.min(end, queries.sequenceBefore(request.end()));
    }
    long from = request.start() == null ? 0 : queries.sequenceBefore(request.start());
    return new StatementRequest.Page(from, from, Math.max(from, end));
  }
}
