-- A transaction becomes one row, with both of its legs, so that a batch is only ever added at the
-- end of a table. What is looked up by another key than the sequence moves out of the journal, into
-- index_ tables that follow it in larger, sorted steps.

ALTER TABLE journal_transaction RENAME TO old_transaction;
ALTER TABLE journal_refusal RENAME TO old_refusal;

DROP INDEX transaction_by_request;
DROP INDEX refusal_by_request;
DROP INDEX transaction_by_time;
DROP INDEX account_by_owner;

CREATE TABLE journal_transaction (
  sequence INTEGER PRIMARY KEY,
  commit_time INTEGER NOT NULL,
  identity TEXT NOT NULL,
  -- The 16 bytes of the UUID.
  request_id BLOB NOT NULL CHECK (length(request_id) = 16),
  kind TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  -- Who gives, and what is left there; nobody gives when an account is opened.
  source_id TEXT CHECK (source_id <> destination_id),
  source_balance INTEGER CHECK ((source_id IS NULL) = (source_balance IS NULL)),
  -- Who gets, and what is there then.
  destination_id TEXT NOT NULL,
  destination_balance INTEGER NOT NULL,
  description TEXT NOT NULL
) STRICT;

INSERT INTO journal_transaction
SELECT t.sequence, t.commit_time, t.identity, unhex(replace(t.request_id, '-', '')), t.kind,
       t.currency, last.amount, first.account_id, first.balance, last.account_id, last.balance,
       t.description
  FROM old_transaction t
  JOIN journal_entry last ON last.sequence = t.sequence
   AND last.leg = CASE t.kind WHEN 'ACCOUNT_OPENING' THEN 0 ELSE 1 END
  LEFT JOIN journal_entry first ON first.sequence = t.sequence
   AND first.leg = 0 AND t.kind <> 'ACCOUNT_OPENING'
 ORDER BY t.sequence;

-- Refusals are numbered, so that those added since a look can be found.
CREATE TABLE journal_refusal (
  number INTEGER PRIMARY KEY,
  after_sequence INTEGER NOT NULL,
  identity TEXT NOT NULL,
  request_id BLOB NOT NULL CHECK (length(request_id) = 16),
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  destination_id TEXT,
  currency TEXT NOT NULL,
  amount INTEGER,
  description TEXT NOT NULL,
  refusal TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;

INSERT INTO journal_refusal
SELECT row_number() OVER (ORDER BY rowid), after_sequence, identity,
       unhex(replace(request_id, '-', '')), kind, account_id, destination_id, currency, amount,
       description, refusal, details
  FROM old_refusal;

ALTER TABLE journal_head ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
UPDATE journal_head SET refusals = (SELECT count(*) FROM journal_refusal);

DROP TABLE account_balance;
DROP TABLE journal_account;
DROP TABLE journal_entry;
DROP TABLE old_transaction;
DROP TABLE old_refusal;

-- Indexes: made from the journal, up to where index_head says; could be dropped and made again.
CREATE TABLE index_head (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  sequence INTEGER NOT NULL,
  refusals INTEGER NOT NULL
) STRICT;
INSERT INTO index_head VALUES (1, 0, 0);

-- Which transactions an account has entries in.
CREATE TABLE index_entry (
  account_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (account_id, sequence)
) STRICT, WITHOUT ROWID;

-- Which transaction opened an account.
CREATE TABLE index_account (
  account_id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  sequence INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
CREATE INDEX index_account_by_owner ON index_account (owner, sequence);

-- What became of a request: a transaction or a refusal. Ids that are made in the order of time, as
-- version 7 is, come one behind the other.
CREATE TABLE index_request (
  request_id BLOB NOT NULL,
  identity TEXT NOT NULL,
  sequence INTEGER,
  refusal INTEGER,
  PRIMARY KEY (request_id, identity)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER journal_transaction_no_update BEFORE UPDATE ON journal_transaction
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_transaction_no_delete BEFORE DELETE ON journal_transaction
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_refusal_no_update BEFORE UPDATE ON journal_refusal
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_refusal_no_delete BEFORE DELETE ON journal_refusal
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
-- INSERT OR REPLACE deletes what is in its way without firing a trigger of DELETE.
CREATE TRIGGER journal_transaction_no_replace BEFORE INSERT ON journal_transaction
WHEN EXISTS (SELECT 1 FROM journal_transaction WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_refusal_no_replace BEFORE INSERT ON journal_refusal
WHEN EXISTS (SELECT 1 FROM journal_refusal WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
