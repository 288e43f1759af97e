package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.Requests.call;
import static dev.mbank.server.grpc.Requests.deposit;
import static dev.mbank.server.grpc.Requests.eur;
import static dev.mbank.server.grpc.Requests.opening;
import static dev.mbank.server.grpc.Requests.transfer;
import static dev.mbank.server.grpc.Requests.withdraw;
import static dev.mbank.server.grpc.TestBank.ALICE;
import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.mbank.v1.BankServiceGrpc;
import dev.mbank.v1.ListAccountsResponse;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every role on every method: on an account of the caller's own, on another's, and on one that is
 * not there. ALICE owns her account whatever her role is then.
 */
class AccessTableTest {
  /** Role and method: own, another's, absent. DENIED is PERMISSION_DENIED. */
  private static final String EXPECTED =
      """
      teller   CreateAccount  : ACCOUNT_ALREADY_EXISTS ACCOUNT_ALREADY_EXISTS OK
      teller   Deposit        : OK OK ACCOUNT_NOT_FOUND
      teller   Withdraw       : OK OK ACCOUNT_NOT_FOUND
      teller   Transfer       : OK OK ACCOUNT_NOT_FOUND
      teller   GetAccount     : OK OK ACCOUNT_NOT_FOUND
      teller   GetBalance     : OK OK ACCOUNT_NOT_FOUND
      teller   GetStatement   : OK OK ACCOUNT_NOT_FOUND
      teller   GetTransaction : OK OK TRANSACTION_NOT_FOUND
      teller   ListAccounts   : SEEN SEEN UNSEEN
      customer CreateAccount  : ACCOUNT_ALREADY_EXISTS ACCOUNT_ALREADY_EXISTS OK
      customer Deposit        : DENIED DENIED DENIED
      customer Withdraw       : OK DENIED DENIED
      customer Transfer       : OK DENIED DENIED
      customer GetAccount     : OK DENIED DENIED
      customer GetBalance     : OK DENIED DENIED
      customer GetStatement   : OK DENIED DENIED
      customer GetTransaction : OK DENIED DENIED
      customer ListAccounts   : SEEN UNSEEN UNSEEN
      auditor  CreateAccount  : DENIED DENIED DENIED
      auditor  Deposit        : DENIED DENIED DENIED
      auditor  Withdraw       : DENIED DENIED DENIED
      auditor  Transfer       : DENIED DENIED DENIED
      auditor  GetAccount     : OK OK ACCOUNT_NOT_FOUND
      auditor  GetBalance     : OK OK ACCOUNT_NOT_FOUND
      auditor  GetStatement   : OK OK ACCOUNT_NOT_FOUND
      auditor  GetTransaction : OK OK TRANSACTION_NOT_FOUND
      auditor  ListAccounts   : SEEN SEEN UNSEEN
      operator CreateAccount  : DENIED DENIED DENIED
      operator Deposit        : DENIED DENIED DENIED
      operator Withdraw       : DENIED DENIED DENIED
      operator Transfer       : DENIED DENIED DENIED
      operator GetAccount     : DENIED DENIED DENIED
      operator GetBalance     : DENIED DENIED DENIED
      operator GetStatement   : DENIED DENIED DENIED
      operator GetTransaction : DENIED DENIED DENIED
      operator ListAccounts   : DENIED DENIED DENIED
      """;

  /** The transaction that opened an account; tx-999999 opened none. */
  private static final Map<String, String> OPENINGS =
      Map.of("own", "tx-1", "others", "tx-2", "absent", "tx-999999");

  @TempDir static Path folder;
  private static TestBank bank;

  @BeforeAll
  static void open() {
    bank = TestBank.open(folder);
    call(bank.as(ALICE), opening("own", "EUR"));
    for (String account : new String[] {"others", "third"}) {
      call(bank.as(TELLER), opening(account, "EUR"));
    }
    for (String account : new String[] {"own", "others"}) {
      call(bank.as(TELLER), deposit(account, eur(100)));
    }
  }

  @AfterAll
  static void close() {
    bank.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"teller", "customer", "auditor", "operator"})
  void call_roleOnOwnOthersAndAbsentAccount_isTheTable(String role) {
    bank.policy(ALICE + " " + role);

    Map<String, String> outcomes = new LinkedHashMap<>();
    BankServiceGrpc.getServiceDescriptor()
        .getMethods()
        .forEach(
            method -> {
              String row = role + " " + method.getBareMethodName();
              outcomes.put(row, outcomes(row));
            });

    Map<String, String> expected = rows();
    expected.keySet().removeIf(row -> !row.startsWith(role + " "));
    assertThat(outcomes).containsExactlyInAnyOrderEntriesOf(expected);
  }

  private static Map<String, String> rows() {
    Map<String, String> rows = new LinkedHashMap<>();
    EXPECTED
        .lines()
        .map(line -> line.replaceAll(" +", " ").split(" : "))
        .forEach(line -> rows.put(line[0], line[1]));
    return rows;
  }

  private static String outcomes(String row) {
    String method = row.substring(row.indexOf(' ') + 1);
    return Arrays.stream(new String[] {"own", "others", "absent"})
        .map(account -> outcome(row, method, account))
        .collect(Collectors.joining(" "));
  }

  private static String outcome(String row, String method, String account) {
    try {
      Message answer = call(bank.as(ALICE), request(row, method, account));
      if (answer instanceof ListAccountsResponse list) {
        return list.getAccountsList().stream().anyMatch(a -> a.getAccountId().equals(account))
            ? "SEEN"
            : "UNSEEN";
      }
      return "OK";
    } catch (StatusRuntimeException e) {
      return BankError.from(e).reason().replace("PERMISSION_", "");
    }
  }

  private static Message request(String row, String method, String account) {
    return switch (method) {
      // Whoever may open it has it then, so it is another for each role.
      case "CreateAccount" ->
          opening(account.equals("absent") ? row.replaceAll("[^a-z]", "-") + "s" : account, "EUR");
      case "Deposit" -> deposit(account, eur(1));
      case "Withdraw" -> withdraw(account, eur(1));
      case "Transfer" -> transfer(account, "third", eur(1));
      case "GetAccount" -> Requests.account(account);
      case "GetBalance" -> Requests.balance(account);
      case "GetStatement" -> Requests.statement(account);
      case "GetTransaction" -> Requests.transaction(OPENINGS.getOrDefault(account, ""));
      case "ListAccounts" -> Requests.accounts();
      default -> throw new AssertionError(method);
    };
  }
}
