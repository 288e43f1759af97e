-- The journal: tables that begin with journal_ hold what was decided and are only ever added to.
-- All times are microseconds since 1970 in UTC, all amounts minor units of the currency. Names are
-- compared by their bytes, whatever the language of the database.

-- Where the journal ends. The one row that changes: whoever has it locked writes the journal.
CREATE TABLE journal_head (
  only_row int PRIMARY KEY CHECK (only_row = 1),
  sequence bigint NOT NULL,
  commit_time bigint NOT NULL,
  refusals bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO journal_head VALUES (1, 0, 0, 0);

CREATE TABLE journal_transaction (
  sequence bigint PRIMARY KEY,
  commit_time bigint NOT NULL,
  identity text COLLATE "C" NOT NULL,
  request_id uuid NOT NULL,
  kind text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  -- Who gives, and what is left there; nobody gives when an account is opened.
  source_id text COLLATE "C" CHECK (source_id <> destination_id),
  source_balance bigint CHECK ((source_id IS NULL) = (source_balance IS NULL)),
  -- Who gets, and what is there then.
  destination_id text COLLATE "C" NOT NULL,
  destination_balance bigint NOT NULL,
  description text COLLATE "C" NOT NULL
);

-- Commands that were refused, each with all of its content. They take no sequence; after_sequence
-- is the last one that there was.
CREATE TABLE journal_refusal (
  number bigint PRIMARY KEY,
  after_sequence bigint NOT NULL,
  identity text COLLATE "C" NOT NULL,
  request_id uuid NOT NULL,
  kind text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  destination_id text COLLATE "C",
  currency text COLLATE "C" NOT NULL,
  amount bigint,
  description text COLLATE "C" NOT NULL,
  refusal text COLLATE "C" NOT NULL,
  details text COLLATE "C" NOT NULL
);

-- Indexes: made from the journal, up to where index_head says; could be dropped and made again.
CREATE TABLE index_head (
  only_row int PRIMARY KEY CHECK (only_row = 1),
  sequence bigint NOT NULL,
  refusals bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO index_head VALUES (1, 0, 0);

-- Which transactions an account has entries in.
CREATE TABLE index_entry (
  account_id text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (account_id, sequence)
);

-- Which transaction opened an account.
CREATE TABLE index_account (
  account_id text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL UNIQUE
);
CREATE INDEX index_account_by_owner ON index_account (owner, sequence);

-- What became of a request: a transaction or a refusal. Ids that are made in the order of time, as
-- version 7 is, come one behind the other.
CREATE TABLE index_request (
  request_id uuid NOT NULL,
  identity text COLLATE "C" NOT NULL,
  sequence bigint,
  refusal bigint,
  PRIMARY KEY (request_id, identity)
);

-- What the writer writes to find out whether there is room; the last row only.
CREATE TABLE room (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bytes bytea NOT NULL
);

-- Nothing in the journal is ever changed or deleted, not by an operator's hand either.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is only ever added to';
END;
$$;
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_transaction
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_refusal
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
