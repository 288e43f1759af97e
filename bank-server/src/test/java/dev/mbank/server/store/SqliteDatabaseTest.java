package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static dev.mbank.server.store.TestLedger.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mbank.server.commit.StoreUnavailableException;
import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

class SqliteDatabaseTest {
  private static final int PAGE = 4096;

  private final Path folder;
  private final Path file;
  private final String url;

  SqliteDatabaseTest(@TempDir Path folder) {
    this.folder = folder;
    file = folder.resolve("bank.db");
    url = "jdbc:sqlite:" + file;
  }

  @Test
  void open_folderMissing_makesIt() {
    Path deep = folder.resolve("some").resolve("where").resolve("bank.db");
    SqliteDatabase.open(settings("jdbc:sqlite:" + deep)).close();
    assertThat(deep).isRegularFile();
  }

  @Test
  void open_emptyFile_makesTheSchema() throws Exception {
    Files.createFile(file);
    SqliteDatabase.open(settings(url)).close();
    assertThat(value(url, "SELECT sequence FROM journal_head")).isEqualTo("0");
  }

  @Test
  void close_lastOne_leavesASingleFile() throws Exception {
    makeBank();
    assertThat(folder).isDirectoryNotContaining("glob:**bank.db?*");
    assertThat(value(url, "SELECT sequence FROM journal_head")).isEqualTo("62");
  }

  @Test
  void open_again_keepsTheFileAsItIs() throws Exception {
    makeBank();
    byte[] before = Files.readAllBytes(file);
    SqliteDatabase.open(settings(url)).close();
    assertThat(Arrays.equals(Files.readAllBytes(file), before)).isTrue();
  }

  @Test
  void open_twiceAtATime_bothWork() throws Exception {
    try (SqliteDatabase one = SqliteDatabase.open(settings(url));
        SqliteDatabase two = SqliteDatabase.open(settings(url))) {
      try (Journal journal = new Journal(one, 100)) {
        new TestLedger(journal.store()).append(NOON, open("a"));
      }
      assertThat(new Journal(two, 100).queries().sequence()).isEqualTo(1);
    }
  }

  @Test
  void open_optionsInTheUrl_areRefused() {
    assertThat(refusal(url + "?synchronous=OFF"))
        .endsWith("(expected: jdbc:sqlite: and the path of a file, without ? and options)");
    assertThat(refusal(url + "?foo=bar")).contains("without ?");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void open_newFile_isForItsOwnerOnly() throws Exception {
    assumeTrue(file.getFileSystem().supportedFileAttributeViews().contains("posix"));
    try (SqliteDatabase database = SqliteDatabase.open(settings(url));
        Connection writer = database.openWriter().jdbc) {
      run(writer, "BEGIN IMMEDIATE");
      for (String name : List.of("bank.db", "bank.db-wal", "bank.db-shm")) {
        assertThat(
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name))))
            .as(name)
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void openWriter_always_isDurable() throws Exception {
    try (SqliteDatabase database = SqliteDatabase.open(settings(url));
        Connection writer = database.openWriter().jdbc) {
      assertThat(value(writer, "PRAGMA journal_mode")).isEqualTo("wal");
      assertThat(value(writer, "PRAGMA synchronous")).isEqualTo("2");
      assertThat(value(writer, "PRAGMA busy_timeout")).isEqualTo("50");
    }
  }

  @Test
  void begin_lockedForLongerThanTheTimeout_throwsStoreUnavailableAndThenWorks() throws Exception {
    try (SqliteDatabase database = SqliteDatabase.open(settings(url));
        Journal journal = new Journal(database, 100)) {
      TestLedger ledger = new TestLedger(journal.store());
      try (Connection other = DriverManager.getConnection(url)) {
        run(other, "BEGIN IMMEDIATE");
        assertThatExceptionOfType(StoreUnavailableException.class)
            .isThrownBy(journal.store()::begin);
      }
      ledger.append(NOON, open("a"));
      assertThat(value(url, "SELECT sequence FROM journal_head")).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"wal", "delete"})
  void open_lockedByAnotherProgram_isRefused(String mode) throws Exception {
    makeBank();
    try (Connection other = DriverManager.getConnection(url)) {
      run(other, "PRAGMA journal_mode = " + mode);
    }
    byte[] before = Files.readAllBytes(file);
    try (Connection other = DriverManager.getConnection(url)) {
      run(other, "PRAGMA locking_mode = EXCLUSIVE");
      run(other, "BEGIN EXCLUSIVE");
      assertThat(refusal(url)).contains("no other program has locked");
    }
    assertNothingOpen();
    assertThat(Arrays.equals(Files.readAllBytes(file), before)).isTrue();
    SqliteDatabase.open(settings(url)).close();
  }

  /** As root, whom no permission stops, a file is read-only only if it is opened so. */
  @ParameterizedTest
  @ValueSource(strings = {"wal", "delete"})
  void checkUsable_readOnly_throws(String mode) throws Exception {
    makeBank();
    run(url, "PRAGMA journal_mode = " + mode);
    byte[] before = Files.readAllBytes(file);
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    SQLiteDataSource readOnly = new SQLiteDataSource(config);
    readOnly.setUrl(url);
    assertThatExceptionOfType(SQLiteException.class)
        .isThrownBy(() -> SqliteFileCheck.checkUsable(readOnly))
        .satisfies(e -> assertThat(e.getResultCode()).isEqualTo(SQLiteErrorCode.SQLITE_READONLY));
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void open_fileWithoutWritePermission_isRefused() throws Exception {
    makeBank();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
    boolean root = Files.isWritable(file);
    try {
      // No permission stops root; what does is a flag, on file systems that have it.
      assumeTrue(!root || chattr("+i") == 0, "root may write everywhere here");
      assertRefusedUntouched(url, "a file that this user may write");
    } finally {
      if (root) {
        chattr("-i");
      }
    }
  }

  /** Changes a flag of the file; not 0 if there is no such command or flag. */
  private int chattr(String flag) throws InterruptedException {
    try {
      return new ProcessBuilder("chattr", flag, file.toString()).start().waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  @Test
  void open_noDatabase_isRefused() throws Exception {
    byte[] garbage = new byte[5 * PAGE];
    new Random(1).nextBytes(garbage);
    Files.write(file, garbage);
    assertRefusedUntouched(url, "a sound SQLite database");

    Files.writeString(file, "These are not the bytes that you are looking for.\n".repeat(500));
    assertRefusedUntouched(url, "a sound SQLite database");
  }

  @ParameterizedTest
  @ValueSource(ints = {100, PAGE, 3 * PAGE, 7 * PAGE + 1})
  void open_truncatedFile_isRefused(int length) throws Exception {
    makeBank();
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), length));
    assertRefusedUntouched(url, "a sound SQLite database");
  }

  @Test
  void open_lastPageLost_isRefused() throws Exception {
    makeBank();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - PAGE));
    assertRefusedUntouched(url, "a sound SQLite database");
  }

  @Test
  void open_garbageInAllPagesButTheFirst_isRefused() throws Exception {
    makeBank();
    byte[] bytes = Files.readAllBytes(file);
    byte[] garbage = new byte[bytes.length - PAGE];
    new Random(1).nextBytes(garbage);
    System.arraycopy(garbage, 0, bytes, PAGE, garbage.length);
    Files.write(file, bytes);
    assertRefusedUntouched(url, "a sound SQLite database");
  }

  /** Not every page is looked at when a bank opens. Those that are must not be written to. */
  @Test
  void open_garbageInAnyPage_isRefusedAndChangesNothing() throws Exception {
    makeBank();
    byte[] whole = Files.readAllBytes(file);
    for (int page = 1; page < whole.length / PAGE; page++) {
      byte[] bytes = whole.clone();
      Arrays.fill(bytes, page * PAGE, (page + 1) * PAGE, (byte) 0x5a);
      Files.write(file, bytes);
      assertRefusedUntouched(url, "a sound SQLite database");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DELETE FROM index_entry WHERE account_id = 'a' AND sequence = 7",
        "INSERT INTO index_entry VALUES ('a', 2)",
        "UPDATE index_entry SET sequence = 2 WHERE account_id = 'a' AND sequence = 7",
        "DELETE FROM index_account WHERE account_id = 'a'",
        "UPDATE index_account SET owner = 'x' WHERE account_id = 'a'",
        "UPDATE index_account SET account_id = 'x' WHERE account_id = 'a'",
        "INSERT INTO index_account VALUES ('x', 'x', 50)",
        "DELETE FROM index_request WHERE sequence = 9",
        "UPDATE index_request SET sequence = 8 WHERE sequence = 9",
        "UPDATE index_request SET refusal = 1, sequence = NULL WHERE sequence = 9",
        "INSERT INTO index_request VALUES (x'00', 'x', 1, NULL)",
        "UPDATE index_head SET sequence = 63",
        "UPDATE index_head SET sequence = 61",
        "UPDATE index_head SET refusals = 1",
        "DELETE FROM index_head",
      })
  void open_indexesChangedByHand_areMadeAnewFromTheJournal(String change) throws Exception {
    makeBank();
    String before = indexes();
    run(url, change);
    assertThat(indexes()).isNotEqualTo(before);

    try (SqliteDatabase database = SqliteDatabase.open(settings(url));
        Journal journal = new Journal(database, 7)) {
      journal.indexer().finish();
    }
    assertThat(indexes()).isEqualTo(before);
  }

  private String indexes() throws SQLException {
    return value(
        url,
        """
        SELECT (SELECT group_concat(account_id || sequence) FROM index_entry)
            || (SELECT group_concat(account_id || owner || sequence) FROM index_account)
            || (SELECT group_concat(hex(request_id) || identity || coalesce(sequence, refusal))
                  FROM index_request)
            || (SELECT coalesce(max(sequence || ' ' || refusals), 'none') FROM index_head)
        """);
  }

  @Test
  void open_newerSchema_isRefused() throws Exception {
    makeBank();
    run(
        url,
        "INSERT INTO flyway_schema_history SELECT 99, '99', 'later', type, 'V99__later.sql', 1,"
            + " installed_by, installed_on, 1, 1 FROM flyway_schema_history WHERE version = '1'");
    assertRefusedUntouched(url, "its schema is 99, made by a newer bank-server");
  }

  @Test
  void open_otherMigrations_isRefused() throws Exception {
    makeBank();
    run(url, "PRAGMA journal_mode = delete");
    run(url, "UPDATE flyway_schema_history SET checksum = 12345 WHERE version = '1'");
    assertRefusedUntouched(url, "an mbank database or a new file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"wal", "delete"})
  void open_databaseOfAnotherApplication_isRefused(String mode) throws Exception {
    run(url, "PRAGMA journal_mode = " + mode);
    run(url, "CREATE TABLE address (name TEXT)");
    assertRefusedUntouched(url, "an mbank database or a new file");
  }

  @Test
  void open_headBehindTheJournal_isRefused() throws Exception {
    makeBank();
    run(url, "UPDATE journal_head SET sequence = 1");
    assertRefusedUntouched(url, "a whole journal");
  }

  @Test
  void open_headBeforeTheJournal_isRefused() throws Exception {
    makeBank();
    run(url, "UPDATE journal_head SET sequence = sequence + 1");
    assertRefusedUntouched(url, "a whole journal");
  }

  @Test
  void open_indexesFarBehindTheEnd_isOpened() {
    try (SqliteDatabase database = SqliteDatabase.open(settings(url));
        Journal journal = new Journal(database, 100_000)) {
      TestLedger ledger = new TestLedger(journal.store());
      ledger.append(NOON, open("a"), deposit("a", 5));
      ledger.append(NOON, Stream.generate(() -> deposit("a", 1)).limit(10_100).toList());
    }
    SqliteDatabase.open(settings(url)).close();
  }

  @Test
  void open_noHead_isRefused() throws Exception {
    makeBank();
    run(url, "DELETE FROM journal_head");
    assertRefusedUntouched(url, "a whole journal");
  }

  @Test
  void open_folderInPlaceOfTheFile_isRefused() throws IOException {
    Files.createDirectory(file);
    assertThat(refusal(url)).contains("a file, not a folder");
    assertThat(file).isEmptyDirectory();
  }

  @Test
  void open_fileInPlaceOfTheFolder_isRefused() throws IOException {
    Files.writeString(file, "in the way");
    assertThat(refusal(url + "/bank.db")).contains("a file in a folder that can be made");
    assertThat(file).hasContent("in the way");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "bank.db",
        "jdbc:sqlite:",
        "jdbc:sqlite: ",
        "jdbc:sqlite::memory:",
        "jdbc:sqlite:file::memory:?cache=shared",
        "jdbc:sqlite:file:somewhere/bank?mode=memory&cache=shared",
        "jdbc:sqlite::resource:bank.db",
        "jdbc:sqlite:no\u0000path",
        "jdbc:mysql://localhost/bank",
        "JDBC:SQLITE:bank.db",
      })
  void open_noUrlOfAFile_isRefused(String wrong) {
    assertThat(refusal(wrong)).endsWith("(expected: jdbc:sqlite: and the path of a file)");
    assertThat(Path.of("file:somewhere")).doesNotExist();
  }

  /** A bank that has some pages of entries and was closed in order. */
  private void makeBank() {
    try (SqliteDatabase database = SqliteDatabase.open(settings(url));
        Journal journal = new Journal(database, 100)) {
      TestLedger ledger = new TestLedger(journal.store());
      ledger.append(NOON, open("a"), open("b"));
      ledger.append(NOON, Stream.generate(() -> deposit("a", 1)).limit(60).toList());
      journal.indexer().finish();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Asserts that opening is refused in one line, and changes no byte. */
  private void assertRefusedUntouched(String url, String expected) throws IOException {
    byte[] before = Files.readAllBytes(file);
    assertThat(refusal(url)).contains(expected);
    assertNothingOpen();
    assertThat(Arrays.equals(Files.readAllBytes(file), before)).isTrue();
  }

  /** The message of the refusal. */
  private static String refusal(String url) {
    SettingException refused =
        catchThrowableOfType(
            SettingException.class, () -> SqliteDatabase.open(settings(url)).close());
    assertThat(refused).isNotNull();
    assertThat(refused)
        .message()
        .startsWith(
            "DATABASE_URL: " + (url.isBlank() ? "empty" : url.replace('\0', '?')) + " (expected: ")
        .endsWith(")")
        .hasLineCount(1)
        .doesNotContain("Exception", "SELECT");
    return String.valueOf(refused.getMessage());
  }

  private void assertNothingOpen() throws IOException {
    assertThat(openFiles()).noneMatch(open -> open.startsWith(folder));
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("readers"));
  }

  private static List<Path> openFiles() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return List.of();
    }
    try (Stream<Path> links = Files.list(descriptors)) {
      return links.flatMap(SqliteDatabaseTest::target).toList();
    }
  }

  private static Stream<Path> target(Path link) {
    try {
      return Stream.of(Files.readSymbolicLink(link));
    } catch (IOException e) {
      return Stream.empty(); // Closed meanwhile.
    }
  }

  private static StoreSettings settings(String url) {
    return SqliteTestDatabase.settings(url, 2, Duration.ofMillis(50), 100);
  }

  private static void run(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, sql);
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String value(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      return value(connection, sql);
    }
  }

  private static String value(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }
}
