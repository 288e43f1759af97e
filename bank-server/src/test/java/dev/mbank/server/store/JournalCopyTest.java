package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.commit.Commands.transfer;
import static dev.mbank.server.commit.Commands.withdraw;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mbank.server.commit.LedgerStore.Batch;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Outcome;
import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class JournalCopyTest {
  private static final JournalCopy.Progress SILENT = new Heard("", () -> {});
  private static final List<String> ACCOUNTS = List.of("a", "b", "c");

  @TempDir Path folder;
  private final List<TestDatabase> databases = new ArrayList<>();

  enum Kind {
    SQLITE,
    POSTGRES
  }

  @AfterEach
  void close() {
    databases.forEach(TestDatabase::close);
  }

  @ParameterizedTest
  @CsvSource({"SQLITE,POSTGRES", "POSTGRES,SQLITE", "SQLITE,SQLITE", "POSTGRES,POSTGRES"})
  void copy_intoAnEmptyDatabase_isTheSameAndServes(Kind one, Kind other) throws Exception {
    TestDatabase source = database(one);
    TestLedger ledger = someBank(source);
    source.close();
    TestDatabase target = database(other);

    CopyResult result = copy(source, target);

    int posted = ledger.transactions().size();
    int refused = ledger.expected.journal().size() - posted;
    assertThat(refused).isPositive();
    assertThat(result.isSame()).isTrue();
    assertThat(result.to().transactions()).isEqualTo(posted);
    assertThat(result.to().refusals()).isEqualTo(refused);
    assertThat(result.to().sequence()).isEqualTo(posted);
    assertThat(result.to().commitTime()).isEqualTo(NOON.plusSeconds(2));
    assertThat(result.copied()).isEqualTo(posted + refused);
    assertThat(outcomes(target)).isEqualTo(ledger.expected.journal());
    assertServes(target, ledger);
  }

  @Test
  void copy_eachPart_isToldToItsEnd() {
    TestDatabase source = database(Kind.SQLITE);
    someBank(source);
    TestDatabase target = database(Kind.SQLITE);
    copy(source, target);
    List<String> unfinished = new ArrayList<>();
    JournalCopy.Progress progress =
        new JournalCopy.Progress() {
          private String part = "";
          private long rows;

          @Override
          public void begin(String newPart, long from, long total) {
            part = newPart;
            rows = total;
            if (from < total) {
              unfinished.add(part);
            }
          }

          @Override
          public void at(long done) {
            if (done >= rows) {
              unfinished.remove(part);
            }
          }
        };

    JournalCopy.copy(side("--from", source), side("--to", target), progress);

    assertThat(unfinished).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void copy_again_goesOnBehindWhatIsThere(Kind kind) {
    TestDatabase source = database(Kind.SQLITE);
    TestLedger ledger = someBank(source);
    TestDatabase target = database(kind);
    copy(source, target);
    assertThat(copy(source, target).copied()).isZero();

    ledger.append(NOON.plusSeconds(3), withdraw("a", 1_000_000), deposit("a", 1));
    CopyResult result = copy(source, target);
    assertThat(result.copied()).isEqualTo(2);
    assertThat(result.isSame()).isTrue();
    assertServes(target, ledger);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void copy_endedAmid_isResumed(Kind kind) {
    TestDatabase source = database(Kind.SQLITE);
    TestLedger ledger = someBank(source);
    ledger.append(
        NOON.plusSeconds(4), Stream.generate(() -> deposit("a", 1)).limit(24_000).toList());
    TestDatabase target = database(kind);
    JournalCopy.Progress ends =
        new Heard(
            "copy",
            () -> {
              throw new IllegalStateException("enough");
            });
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> JournalCopy.copy(side("--from", source), side("--to", target), ends))
        .withMessage("enough");

    CopyResult result = copy(source, target);
    assertThat(result.copied()).isEqualTo(ledger.expected.journal().size() - 10_000);
    assertThat(result.isSame()).isTrue();
    assertServes(target, ledger);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void copy_targetOfAnotherBank_isRefusedAndLeftAsItIs(Kind kind) throws Exception {
    TestDatabase source = database(Kind.SQLITE);
    someBank(source);
    TestDatabase target = database(kind);
    someBank(target);
    List<Outcome> before = outcomes(target);
    assertThat(refusal(source, target))
        .startsWith("--to: " + target.url() + " (expected: an empty database, or one that")
        .contains("this one differs at refusal 1");
    assertThat(outcomes(target)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void copy_targetThatHasMore_isRefused(Kind kind) {
    TestDatabase source = database(Kind.SQLITE);
    someBank(source);
    TestDatabase target = database(kind);
    copy(source, target);
    try (Batch batch = target.join().store().begin()) {
      // Not the same as in the source, where b has something.
      batch.append(List.of(refusedIn(source)));
      batch.commit();
    }
    assertThat(refusal(source, target)).contains("this one has more: it ends at transaction ");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void copy_targetThatIsWrittenMeanwhile_isRefused(Kind kind) {
    TestDatabase source = database(Kind.SQLITE);
    someBank(source);
    TestDatabase target = database(kind);
    TestLedger other = new TestLedger(target.join().store());
    JournalCopy.Progress adds = new Heard("begin copy", () -> other.append(NOON, open("x")));
    SettingException refused =
        catchThrowableOfType(
            SettingException.class,
            () -> JournalCopy.copy(side("--from", source), side("--to", target), adds));
    assertThat(refused)
        .message()
        .startsWith("--to: ")
        .contains("a journal that nobody else adds to; it has gone on to transaction 1");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void copy_sourceInUse_isCopiedUpToTheHeadThatWasSeen(Kind kind) {
    TestDatabase source = database(kind);
    TestLedger ledger = someBank(source);
    int before = ledger.transactions().size();
    TestDatabase target = database(Kind.SQLITE);
    JournalCopy.Progress adds =
        new Heard("begin copy", () -> ledger.append(NOON.plusSeconds(9), deposit("a", 1)));
    CopyResult result = JournalCopy.copy(side("--from", source), side("--to", target), adds);
    assertThat(result.isSame()).isTrue();
    assertThat(result.from().sequence()).isEqualTo(before);
    assertThat(result.sourceEnd()).isEqualTo(before + 1);

    assertThat(copy(source, target).copied()).isEqualTo(1);
  }

  @Test
  void copy_sqliteFile_isNotChanged() throws Exception {
    BankFile bank = BankFile.closed(folder);
    byte[] before = Files.readAllBytes(bank.file());
    var time = Files.getLastModifiedTime(bank.file());
    CopySide from = new CopySide("--from", bank.url(), "", "");
    JournalCopy.copy(from, side("--to", database(Kind.SQLITE)), SILENT);
    assertThat(bank.file()).hasBinaryContent(before);
    assertThat(Files.getLastModifiedTime(bank.file())).isEqualTo(time);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE journal_transaction SET amount = 2 WHERE sequence = 10"
            + " | after transaction 10 the balance of settlement-eur is -8 and not -9",
        "UPDATE journal_transaction SET commit_time = 1 WHERE sequence = 9"
            + " | transaction 9 is earlier than the one before",
        "DELETE FROM journal_transaction WHERE sequence = 20 | transaction 20 is missing",
        "DELETE FROM journal_transaction WHERE sequence = 62 | head and last transaction differ",
        "UPDATE journal_transaction SET kind = 'GIFT' WHERE sequence = 3"
            + " | no server can read what is behind transaction 2",
      })
  void copy_sourceThatIsNotSound_isRefused(String change, String fault) throws Exception {
    BankFile bank = BankFile.closed(folder);
    bank.force(change);
    CopySide from = new CopySide("--from", bank.url(), "", "");
    assertThat(refusal(from, side("--to", database(Kind.SQLITE))))
        .startsWith("--from: " + bank.url() + " (expected: ")
        .contains(fault);
  }

  @Test
  void copy_refusalOutOfPlace_isRefused() throws Exception {
    TestDatabase source = database(Kind.SQLITE);
    TestLedger ledger = new TestLedger(source.join().store());
    ledger.append(NOON, open("a"), withdraw("a", 1), deposit("a", 1));
    run(source, "DROP TRIGGER journal_refusal_no_update");
    run(source, "UPDATE journal_refusal SET after_sequence = 9");
    assertThat(refusal(source, database(Kind.SQLITE)))
        .contains("refusal 1 is behind transaction 9");
    run(source, "UPDATE journal_refusal SET after_sequence = 1, number = 2");
    run(source, "UPDATE journal_head SET refusals = 2");
    assertThat(refusal(source, database(Kind.SQLITE))).contains("refusal 1 is missing");
  }

  @Test
  void copy_noJournal_isRefused() throws Exception {
    Path file = folder.resolve("none.db");
    CopySide from = new CopySide("--from", "jdbc:sqlite:" + file, "", "");
    CopySide to = side("--to", database(Kind.SQLITE));
    assertThat(refusal(from, to)).contains("a database that holds a journal");
    assertThat(file).doesNotExist();
    assertThat(refusal(side("--from", database(Kind.POSTGRES)), to))
        .contains("a database that holds a journal");
  }

  @Test
  void copy_intoItself_isRefused() throws IOException {
    BankFile bank = BankFile.closed(folder);
    CopySide from = new CopySide("--from", bank.url(), "", "");
    Path link = Files.createSymbolicLink(folder.resolve("link.db"), bank.file());
    CopySide to = new CopySide("--to", "jdbc:sqlite:" + link, "", "");
    assertThat(refusal(from, to)).startsWith("--to: ").contains("another database than --from");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void copy_targetOfAnotherApplication_isRefused(Kind kind) throws Exception {
    TestDatabase source = database(Kind.SQLITE);
    someBank(source);
    TestDatabase target = database(kind);
    Files.createDirectories(folder.resolve("1"));
    run(target, "CREATE TABLE address (name text)");
    assertThat(refusal(source, target)).startsWith("--to: ").contains("an mbank database or ");
  }

  @Test
  void copy_schemaThatIsNewer_isRefused() throws Exception {
    TestDatabase source = database(Kind.SQLITE);
    someBank(source);
    run(
        source,
        "INSERT INTO flyway_schema_history SELECT 99, '99', 'later', type, 'V99__later.sql', 1,"
            + " installed_by, installed_on, 1, 1 FROM flyway_schema_history WHERE version = '1'");
    assertThat(refusal(source, database(Kind.SQLITE)))
        .contains("its schema is 99, made by a newer");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:sqlite:, and the path of a file",
    "jdbc:postgresql:/bank, jdbc:postgresql://HOST:PORT/DATABASE",
    "jdbc:postgresql://127.0.0.1:1/bank?connectTimeout=1&password=secret, a database that answers",
  })
  void copy_urlOfNoDatabase_isRefused(String url, String expected) {
    BankFile bank = BankFile.closed(folder);
    CopySide from = new CopySide("--from", bank.url(), "", "");
    assertThat(refusal(from, new CopySide("--to", url, "", "")))
        .startsWith("--to: ")
        .contains(expected);
  }

  private TestDatabase database(Kind kind) {
    TestDatabase database =
        kind == Kind.POSTGRES
            ? new PostgresTestDatabase(Indexing.NEVER)
            : new SqliteTestDatabase(folder.resolve("" + databases.size()), Indexing.NEVER);
    databases.add(database);
    return database;
  }

  /** A bank with refusals before, amid and behind its transactions. */
  private static TestLedger someBank(TestDatabase database) {
    TestLedger ledger = new TestLedger(database.join().store());
    Random random = new Random(7);
    ledger.append(NOON, withdraw("nobody", 5));
    ledger.append(NOON.plusSeconds(1), open("a"), open("b"), deposit("a", 700));
    List<Command> commands = new ArrayList<>();
    Stream.generate(() -> dev.mbank.server.commit.Commands.any(random, ACCOUNTS))
        .limit(300)
        .forEach(commands::add);
    commands.add(deposit("a", 1));
    commands.add(transfer("a", "b", Long.MAX_VALUE));
    ledger.append(NOON.plusSeconds(2), commands);
    return ledger;
  }

  private static Outcome refusedIn(TestDatabase database) {
    TestLedger other = new TestLedger(database.join().store());
    return other.decide(NOON, List.of(withdraw("nobody", 5))).get(0);
  }

  private static CopySide side(String option, TestDatabase database) {
    return new CopySide(option, database.url(), "", "");
  }

  private static CopyResult copy(TestDatabase source, TestDatabase target) {
    return JournalCopy.copy(side("--from", source), side("--to", target), SILENT);
  }

  private static String refusal(TestDatabase source, TestDatabase target) {
    return refusal(side("--from", source), side("--to", target));
  }

  private static String refusal(CopySide from, CopySide to) {
    SettingException refused =
        catchThrowableOfType(SettingException.class, () -> JournalCopy.copy(from, to, SILENT));
    assertThat(refused)
        .message()
        .endsWith(")")
        .hasLineCount(1)
        .doesNotContain("DATABASE_URL", "Exception", "SELECT", "secret");
    return String.valueOf(refused.getMessage());
  }

  /** The journal in its order. */
  private static List<Outcome> outcomes(TestDatabase database) {
    List<Outcome> outcomes = new ArrayList<>();
    try (ReadOnlyJournal journal = ReadOnlyJournal.require(side("", database), null)) {
      for (JournalRow row = journal.next(); row != null; row = journal.next()) {
        outcomes.add(row.outcome());
      }
    }
    return outcomes;
  }

  /** Asserts that a server knows every request and balance. */
  private static void assertServes(TestDatabase database, TestLedger ledger) {
    Set<AccountId> ids =
        Stream.of("a", "b", "c", "nobody", "settlement-eur")
            .map(AccountId::new)
            .collect(Collectors.toSet());
    try (Batch batch = database.join().store().begin()) {
      assertThat(batch.outcomes(ledger.outcomes().keySet())).isEqualTo(ledger.outcomes());
      assertThat(batch.accounts(ids)).isEqualTo(ledger.expected.accounts(ids));
    }
    database.close();
  }

  private static void run(TestDatabase database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Does something once a part of the work has begun, or is half done. */
  private static final class Heard implements JournalCopy.Progress {
    private final String when;
    private final Runnable action;
    private String part = "";
    private long half;

    Heard(String when, Runnable action) {
      this.when = when;
      this.action = action;
    }

    @Override
    public void begin(String newPart, long from, long total) {
      part = newPart;
      half = (from + total) / 2;
      if (when.equals("begin " + part)) {
        action.run();
      }
    }

    @Override
    public void at(long done) {
      if (when.equals(part) && done > half) {
        action.run();
      }
    }
  }
}
