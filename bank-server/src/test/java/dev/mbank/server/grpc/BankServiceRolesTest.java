package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.id;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.AUDITOR;
import static dev.mbank.server.grpc.TestBank.BOB;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.mbank.v1.Entry;
import dev.mbank.v1.ListAccountsRequest;
import dev.mbank.v1.ListAccountsResponse;
import dev.mbank.v1.Transaction;
import dev.mbank.v1.TransferRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What customers, auditors and tellers see and may do. */
class BankServiceRolesTest {
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

  private Transaction transaction(String identity, String id) {
    return bank.as(identity).getTransaction(Requests.transaction(id)).getTransaction();
  }

  private long sequence() {
    var request = Requests.balance("settlement-eur");
    return bank.as(AUDITOR).getBalance(request).getBalance().getSequence();
  }

  private static Entry entry(
      String account, com.google.type.Money amount, com.google.type.Money balance) {
    return Entry.newBuilder().setAccountId(account).setAmount(amount).setBalance(balance).build();
  }

  @Test
  void customer_transferToAnotherOwner_seesNoBalanceOfThePayee() {
    openForCustomers();
    TransferRequest request = transfer("alice", "bob", eur(4));

    Transaction answer = bank.as(ALICE).transfer(request).getTransaction();

    assertThat(answer.getEntriesList())
        .containsExactly(
            entry("alice", eur(-4), eur(6)),
            Entry.newBuilder().setAccountId("bob").setAmount(eur(4)).build());
    assertThat(bank.as(ALICE).transfer(request).getTransaction()).isEqualTo(answer);
    assertThat(transaction(ALICE, answer.getTransactionId())).isEqualTo(answer);
    assertThat(transaction(BOB, answer.getTransactionId()).getEntriesList())
        .containsExactly(
            Entry.newBuilder().setAccountId("alice").setAmount(eur(-4)).build(),
            entry("bob", eur(4), eur(4)));
    assertThat(transaction(AUDITOR, answer.getTransactionId()).getEntriesList())
        .containsExactly(entry("alice", eur(-4), eur(6)), entry("bob", eur(4), eur(4)));
  }

  @Test
  void customer_betweenOwnAccounts_seesThePayeesBalanceOnlyWhenItReads() {
    openForCustomers();
    call(bank.as(ALICE), opening("alice-2", "EUR"));

    Transaction answer =
        bank.as(ALICE).transfer(transfer("alice", "alice-2", eur(4))).getTransaction();

    assertThat(answer.getEntriesList())
        .containsExactly(
            entry("alice", eur(-4), eur(6)),
            Entry.newBuilder().setAccountId("alice-2").setAmount(eur(4)).build());
    assertThat(transaction(ALICE, answer.getTransactionId()).getEntriesList())
        .containsExactly(entry("alice", eur(-4), eur(6)), entry("alice-2", eur(4), eur(4)));
    var withdrawal = bank.as(ALICE).withdraw(withdraw("alice", eur(6))).getTransaction();
    assertThat(withdrawal.getEntriesList())
        .containsExactly(
            entry("alice", eur(-6), eur(0)),
            Entry.newBuilder().setAccountId("settlement-eur").setAmount(eur(6)).build());
  }

  @Test
  void customer_readsAndWithdrawals_onlyOnOwnAccounts() {
    openForCustomers();

    assertThat(bank.as(ALICE).getAccount(Requests.account("alice")).getAccount().getOwner())
        .isEqualTo(ALICE);
    assertThat(bank.as(ALICE).getStatement(Requests.statement("alice")).getEntriesCount())
        .isEqualTo(2);
    for (Message request :
        List.of(
            Requests.account("bob"),
            Requests.balance("bob"),
            Requests.statement("bob"),
            Requests.balance("settlement-eur"),
            Requests.transaction("tx-2"),
            withdraw("bob", eur(1)),
            transfer("bob", "alice", eur(1)),
            deposit("alice", eur(1)))) {
      assertThat(BankError.of(() -> call(bank.as(ALICE), request)).reason())
          .isEqualTo("PERMISSION_DENIED");
    }
  }

  @Test
  void auditor_writes_areAllDenied() {
    openForCustomers();
    for (Message request :
        List.of(
            opening("new", "EUR"),
            deposit("alice", eur(1)),
            withdraw("alice", eur(1)),
            transfer("alice", "bob", eur(1)))) {
      assertThat(BankError.of(() -> call(bank.as(AUDITOR), request)).reason())
          .isEqualTo("PERMISSION_DENIED");
    }
    assertThat(sequence()).isEqualTo(3);
  }

  @Test
  void listAccounts_pages_showEachReadableAccountOnceInTheOrderOfOpening() {
    List<String> alices = new ArrayList<>();
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      for (String owner : List.of(ALICE, BOB)) {
        String account = owner.equals(ALICE) ? "z" + (9 - i) : "b" + i;
        call(bank.as(owner), opening(account, "EUR"));
        all.add(account);
        if (owner.equals(ALICE)) {
          alices.add(account);
        }
      }
    }

    assertThat(pages(ALICE, 3)).containsExactlyElementsOf(alices);
    assertThat(pages(ALICE, 7)).containsExactlyElementsOf(alices);
    assertThat(pages(AUDITOR, 1)).containsExactlyElementsOf(all);
    assertThat(pages(TELLER, 0)).containsExactlyElementsOf(all);
  }

  private List<String> pages(String identity, int pageSize) {
    List<String> ids = new ArrayList<>();
    String token = "";
    do {
      ListAccountsResponse page =
          bank.as(identity)
              .listAccounts(
                  ListAccountsRequest.newBuilder()
                      .setPageSize(pageSize)
                      .setPageToken(token)
                      .build());
      assertThat(page.getAccountsCount()).isBetween(1, pageSize == 0 ? 100 : pageSize);
      page.getAccountsList().forEach(each -> ids.add(each.getAccountId()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return ids;
  }

  private void openForCustomers() {
    call(bank.as(ALICE), opening("alice", "EUR"));
    call(bank.as(BOB), opening("bob", "EUR"));
    call(bank.as(TELLER), deposit("alice", eur(10)));
  }
}
