-- The journal: tables that begin with journal_ hold what was decided and are only ever added to.
-- All times are microseconds since 1970 in UTC, all amounts minor units of the currency.

-- Where the journal ends. The one row that changes: whoever may write it writes the journal.
CREATE TABLE journal_head (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  sequence INTEGER NOT NULL,
  commit_time INTEGER NOT NULL
) STRICT;
INSERT INTO journal_head VALUES (1, 0, 0);

CREATE TABLE journal_transaction (
  sequence INTEGER PRIMARY KEY,
  commit_time INTEGER NOT NULL,
  identity TEXT NOT NULL,
  request_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  currency TEXT NOT NULL,
  description TEXT NOT NULL
) STRICT;

-- The legs of a transaction: who gives comes first. An account has one leg at the most.
CREATE TABLE journal_entry (
  sequence INTEGER NOT NULL,
  leg INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  balance INTEGER NOT NULL,
  PRIMARY KEY (sequence, leg)
) STRICT, WITHOUT ROWID;

-- What a transaction of kind ACCOUNT_OPENING opened.
CREATE TABLE journal_account (
  sequence INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  currency TEXT NOT NULL,
  display_name TEXT NOT NULL
) STRICT;

-- Commands that were refused, each with all of its content. They take no sequence; after_sequence
-- is the last one that there was.
CREATE TABLE journal_refusal (
  after_sequence INTEGER NOT NULL,
  identity TEXT NOT NULL,
  request_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  destination_id TEXT,
  currency TEXT NOT NULL,
  amount INTEGER,
  description TEXT NOT NULL,
  refusal TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;

-- Projections: what follows is made from the journal and could be dropped and made again.

-- The request-id index: a request is decided once.
CREATE UNIQUE INDEX transaction_by_request ON journal_transaction (identity, request_id);
CREATE UNIQUE INDEX refusal_by_request ON journal_refusal (identity, request_id);

-- The statement index.
CREATE UNIQUE INDEX entry_by_account ON journal_entry (account_id, sequence);

-- From a time to a sequence; both only grow.
CREATE INDEX transaction_by_time ON journal_transaction (commit_time);

CREATE INDEX account_by_owner ON journal_account (owner, sequence);

-- The balance after the last entry of each account.
CREATE TABLE account_balance (
  account_id TEXT PRIMARY KEY,
  balance INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Nothing in the journal is ever changed or deleted, not by an operator's hand either.
CREATE TRIGGER journal_transaction_no_update BEFORE UPDATE ON journal_transaction
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_transaction_no_delete BEFORE DELETE ON journal_transaction
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_entry_no_update BEFORE UPDATE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_entry_no_delete BEFORE DELETE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_account_no_update BEFORE UPDATE ON journal_account
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_account_no_delete BEFORE DELETE ON journal_account
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_refusal_no_update BEFORE UPDATE ON journal_refusal
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_refusal_no_delete BEFORE DELETE ON journal_refusal
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
