package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.id;
import static dev.mbank.server.grpc.Requests.money;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.AUDITOR;
import static dev.mbank.server.grpc.TestBank.BOB;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.mbank.v1.Account;
import dev.mbank.v1.AccountState;
import dev.mbank.v1.CreateAccountRequest;
import dev.mbank.v1.Entry;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransactionKind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each method answers. */
class BankServiceTest {
  @TempDir Path folder;
  private TestBank bank;

  @BeforeEach
  void open() {
    bank = TestBank.open(folder);
  }

  @AfterEach
  void close() {
    bank.close();
  }

  @Test
  void createAccount_wellFormed_isWhatGetAccountReads() {
    CreateAccountRequest request = opening("main", "EUR");

    Account account = bank.as(TELLER).createAccount(request).getAccount();

    assertThat(account.getAccountId()).isEqualTo("main");
    assertThat(account.getOwner()).isEqualTo(TELLER);
    assertThat(account.getCurrencyCode()).isEqualTo("EUR");
    assertThat(account.getDisplayName()).isEqualTo("Display of main");
    assertThat(account.getState()).isEqualTo(AccountState.ACCOUNT_STATE_OPEN);
    assertThat(account.hasCreateTime()).isTrue();
    assertThat(bank.as(TELLER).getAccount(Requests.account("main")).getAccount())
        .isEqualTo(account);
    Transaction opening = transaction(TELLER, "tx-1");
    assertThat(opening.getKind()).isEqualTo(TransactionKind.TRANSACTION_KIND_ACCOUNT_OPENING);
    assertThat(opening.getRequestId()).isEqualTo(request.getRequestId());
    assertThat(opening.getCommitTime()).isEqualTo(account.getCreateTime());
    assertThat(opening.getEntriesList()).containsExactly(entry("main", eur(0), eur(0)));
  }

  @Test
  void createAccount_withoutId_makesOneThatFollowsFromTheRequest() {
    CreateAccountRequest request = opening("", "EUR");
    Account first = bank.as(TELLER).createAccount(request).getAccount();
    Account repeat = bank.as(TELLER).createAccount(request).getAccount();
    Account ofOther = bank.as(ALICE).createAccount(request).getAccount();

    assertThat(first.getAccountId()).matches("[a-z0-9][a-z0-9-]{0,62}").isNotEqualTo("");
    assertThat(repeat).isEqualTo(first);
    assertThat(ofOther.getAccountId()).isNotEqualTo(first.getAccountId());
    assertThat(ofOther.getOwner()).isEqualTo(ALICE);
  }

  @Test
  void payments_wellFormed_entriesShowWhatMovedAndWhatIsLeft() {
    call(bank.as(TELLER), opening("a", "EUR"));
    call(bank.as(TELLER), opening("b", "EUR"));

    Transaction in = bank.as(TELLER).deposit(deposit("a", eur(10))).getTransaction();
    var out = bank.as(TELLER).withdraw(withdraw("a", money("EUR", 2, 500_000_000)));
    Transaction over = bank.as(TELLER).transfer(transfer("a", "b", eur(3))).getTransaction();

    assertThat(in.getKind()).isEqualTo(TransactionKind.TRANSACTION_KIND_DEPOSIT);
    assertThat(in.getTransactionId()).isEqualTo("tx-3");
    assertThat(in.getSequence()).isEqualTo(3);
    assertThat(in.getDescription()).isEqualTo("in");
    assertThat(in.getEntriesList())
        .containsExactly(entry("settlement-eur", eur(-10), eur(-10)), entry("a", eur(10), eur(10)));
    assertThat(out.getTransaction().getKind())
        .isEqualTo(TransactionKind.TRANSACTION_KIND_WITHDRAWAL);
    assertThat(out.getTransaction().getEntriesList())
        .containsExactly(
            entry("a", money("EUR", -2, -500_000_000), money("EUR", 7, 500_000_000)),
            entry("settlement-eur", money("EUR", 2, 500_000_000), money("EUR", -7, -500_000_000)));
    assertThat(over.getKind()).isEqualTo(TransactionKind.TRANSACTION_KIND_TRANSFER);
    assertThat(over.getEntriesList())
        .containsExactly(
            entry("a", eur(-3), money("EUR", 4, 500_000_000)), entry("b", eur(3), eur(3)));
    for (Transaction each : List.of(in, out.getTransaction(), over)) {
      assertThat(transaction(AUDITOR, each.getTransactionId())).isEqualTo(each);
    }
    var balance = bank.as(AUDITOR).getBalance(Requests.balance("a")).getBalance();
    assertThat(balance.getPosted()).isEqualTo(money("EUR", 4, 500_000_000));
    assertThat(balance.getAvailable()).isEqualTo(balance.getPosted());
    assertThat(balance.getSequence()).isEqualTo(5);
  }

  @Test
  void settlementAccount_beforeAndAfterItsFirstEntry_isThere() {
    assertThat(bank.as(AUDITOR).getBalance(Requests.balance("settlement-jpy")).getBalance())
        .satisfies(balance -> assertThat(balance.getPosted()).isEqualTo(money("JPY", 0, 0)));
    Account account = bank.as(AUDITOR).getAccount(Requests.account("settlement-jpy")).getAccount();
    assertThat(account.getOwner()).isEqualTo("mbank");
    assertThat(account.hasCreateTime()).isFalse();
    assertThat(bank.as(AUDITOR).getStatement(Requests.statement("settlement-jpy")))
        .satisfies(empty -> assertThat(empty.getEntriesCount()).isZero());

    call(bank.as(TELLER), opening("yen", "JPY"));
    call(bank.as(TELLER), deposit("yen", money("JPY", 7, 0)));

    assertThat(bank.as(AUDITOR).getAccount(Requests.account("settlement-jpy")).getAccount())
        .isEqualTo(account);
    var statement = bank.as(AUDITOR).getStatement(Requests.statement("settlement-jpy"));
    assertThat(statement.getEntries(0).getAmount()).isEqualTo(money("JPY", -7, 0));
    assertThat(statement.getClosingBalance()).isEqualTo(money("JPY", -7, 0));
    assertThat(bank.as(AUDITOR).listAccounts(Requests.accounts()).getAccountsList())
        .extracting(Account::getAccountId)
        .containsExactly("yen");
  }

  @Test
  void write_repeated_answersTheSameToTheByte() {
    List<Message> writes =
        List.of(
            opening("a", "EUR"),
            opening("b", "EUR"),
            deposit("a", eur(5)),
            withdraw("a", eur(1)),
            transfer("a", "b", eur(1)));
    List<Message> refused =
        List.of(
            opening("a", "EUR"),
            withdraw("b", eur(100)),
            transfer("a", "c", eur(1)),
            deposit("a", money("USD", 1, 0)));
    List<byte[]> answers = writes.stream().map(each -> answer(TELLER, each)).toList();
    List<byte[]> refusals = refused.stream().map(each -> refusal(TELLER, each)).toList();
    // What makes a difference to whoever decides anew.
    call(bank.as(TELLER), opening("c", "EUR"));
    call(bank.as(TELLER), deposit("b", eur(1000)));
    long sequence = sequence();
    bank.close();
    bank = TestBank.open(folder);

    assertThat(writes.stream().map(each -> answer(TELLER, each)))
        .containsExactlyElementsOf(answers);
    assertThat(refused.stream().map(each -> refusal(TELLER, each)))
        .containsExactlyElementsOf(refusals);
    assertThat(sequence()).isEqualTo(sequence);
  }

  @Test
  void write_sameRequestIdOfAnotherIdentity_isAnotherRequest() {
    String requestId = id();
    call(bank.as(ALICE), opening("alice", "EUR").toBuilder().setRequestId(requestId).build());
    call(bank.as(BOB), opening("bob", "EUR").toBuilder().setRequestId(requestId).build());

    assertThat(sequence()).isEqualTo(2);
  }

  private Transaction transaction(String identity, String id) {
    return bank.as(identity).getTransaction(Requests.transaction(id)).getTransaction();
  }

  private long sequence() {
    var request = Requests.balance("settlement-eur");
    return bank.as(AUDITOR).getBalance(request).getBalance().getSequence();
  }

  private byte[] answer(String identity, Message request) {
    return call(bank.as(identity), request).toByteArray();
  }

  private byte[] refusal(String identity, Message request) {
    return BankError.of(() -> call(bank.as(identity), request)).full().toByteArray();
  }

  private static Entry entry(
      String account, com.google.type.Money amount, com.google.type.Money balance) {
    return Entry.newBuilder().setAccountId(account).setAmount(amount).setBalance(balance).build();
  }
}
