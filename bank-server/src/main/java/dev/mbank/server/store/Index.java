package dev.mbank.server.store;

/** The indexes, and what each takes from the journal, in the order of its own key. */
enum Index {
  /** Before the entries: an account that has an entry in its index is in this one. */
  ACCOUNTS(
      "index_account",
      "account_id, owner, sequence",
      """
      SELECT destination_id, identity, sequence FROM journal_transaction
       WHERE sequence > ? AND sequence <= ? AND kind = 'ACCOUNT_OPENING'
       ORDER BY 1
      """),
  ENTRIES(
      "index_entry",
      "account_id, sequence",
      """
      SELECT source_id, sequence FROM journal_transaction
       WHERE sequence > ? AND sequence <= ? AND source_id IS NOT NULL
       UNION ALL
      SELECT destination_id, sequence FROM journal_transaction WHERE sequence > ? AND sequence <= ?
       ORDER BY 1, 2
      """),
  REQUESTS(
      "index_request",
      "request_id, identity, sequence",
      """
      SELECT request_id, identity, sequence FROM journal_transaction
       WHERE sequence > ? AND sequence <= ?
       ORDER BY 1, 2
      """),
  REFUSED_REQUESTS(
      "index_request",
      "request_id, identity, refusal",
      """
      SELECT request_id, identity, number FROM journal_refusal WHERE number > ? AND number <= ?
       ORDER BY 1, 2
      """);

  /** Says how far all of them have come, unless another server has said more already. */
  static final String MOVE_HEAD =
      """
      UPDATE index_head SET sequence = ?, refusals = ? WHERE sequence <= ? AND refusals <= ?
      """;

  private final String table;
  private final String columns;
  private final String rows;

  Index(String table, String columns, String rows) {
    this.table = table;
    this.columns = columns;
    this.rows = rows;
  }

  /** Adds the rows that are between two {@linkplain #place places} of the journal. */
  String add() {
    return addTo(table);
  }

  /** Adds them to another table that has these columns too. */
  String addTo(String other) {
    return "INSERT INTO " + other + " (" + columns + ") " + rows;
  }

  /** Takes from such a table what is between two of its row ids, and not here yet. */
  String addFrom(String other) {
    return "INSERT INTO %s (%s) SELECT %s FROM %s WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
            .formatted(table, columns, columns, other)
        + " ON CONFLICT DO NOTHING";
  }

  /** Where a position lies in the journal's table that this takes its rows from. */
  long place(Position position) {
    return this == REFUSED_REQUESTS ? position.refusals() : position.sequence();
  }
}
