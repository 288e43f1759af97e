-- INSERT OR REPLACE deletes what is in its way without firing a trigger of DELETE. So whoever adds
-- to the journal must find every key free: the table's own and those of its unique indexes.
CREATE TRIGGER journal_transaction_no_replace BEFORE INSERT ON journal_transaction
WHEN EXISTS (SELECT 1 FROM journal_transaction WHERE sequence = NEW.sequence)
  OR EXISTS (SELECT 1 FROM journal_transaction
              WHERE identity = NEW.identity AND request_id = NEW.request_id)
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_entry_no_replace BEFORE INSERT ON journal_entry
WHEN EXISTS (SELECT 1 FROM journal_entry WHERE sequence = NEW.sequence AND leg = NEW.leg)
  OR EXISTS (SELECT 1 FROM journal_entry
              WHERE account_id = NEW.account_id AND sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_account_no_replace BEFORE INSERT ON journal_account
WHEN EXISTS (SELECT 1 FROM journal_account WHERE sequence = NEW.sequence)
  OR EXISTS (SELECT 1 FROM journal_account WHERE account_id = NEW.account_id)
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_refusal_no_replace BEFORE INSERT ON journal_refusal
WHEN EXISTS (SELECT 1 FROM journal_refusal WHERE rowid = NEW.rowid)
  OR EXISTS (SELECT 1 FROM journal_refusal
              WHERE identity = NEW.identity AND request_id = NEW.request_id)
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;

-- The time that the file got when it was last closed in order.
CREATE TABLE seal (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  file_time INTEGER NOT NULL
) STRICT;
INSERT INTO seal VALUES (1, 0);

-- What the writer writes to find out whether there is room; the last row only.
CREATE TABLE room (
  id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
