-- The unique keys of entries as indexes, which an import of history may drop and make again, as no
-- constraint of a table can be. Statements are parted by blank lines; guards follow in the same way.

CREATE TABLE ledger_entries_new (
    leaf_index INTEGER NOT NULL,
    stream TEXT NOT NULL,
    n INTEGER NOT NULL,
    prev BLOB,
    micros INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    payload_digest BLOB NOT NULL,
    request TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    data BLOB NOT NULL,
    leaf BLOB NOT NULL,
    CONSTRAINT ledger_entries_pkey PRIMARY KEY (leaf_index),
    CONSTRAINT ledger_entries_leaf_index_check CHECK (leaf_index >= 0)
) STRICT;

CREATE TABLE ledger_payloads_new (
    leaf_index INTEGER NOT NULL,
    salt BLOB NOT NULL,
    data BLOB NOT NULL,
    CONSTRAINT ledger_payloads_pkey PRIMARY KEY (leaf_index)
) STRICT;

INSERT INTO ledger_entries_new SELECT * FROM ledger_entries ORDER BY leaf_index;

INSERT INTO ledger_payloads_new SELECT * FROM ledger_payloads ORDER BY leaf_index;

DROP TABLE ledger_payloads;

DROP TABLE ledger_entries;

ALTER TABLE ledger_entries_new RENAME TO ledger_entries;

ALTER TABLE ledger_payloads_new RENAME TO ledger_payloads;

CREATE UNIQUE INDEX ledger_entries_stream_n ON ledger_entries (stream, n);

CREATE UNIQUE INDEX ledger_entries_request_ordinal ON ledger_entries (request, ordinal);

CREATE TRIGGER ledger_entries_keep_rows BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'ledger_entries only grows'); END;

CREATE TRIGGER ledger_entries_keep_all BEFORE DELETE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'ledger_entries only grows'); END;

CREATE TRIGGER ledger_entries_replace_none BEFORE INSERT ON ledger_entries
WHEN EXISTS (
    SELECT 1 FROM ledger_entries
    WHERE leaf_index = NEW.leaf_index
        OR (stream = NEW.stream AND n = NEW.n)
        OR (request = NEW.request AND ordinal = NEW.ordinal)
)
BEGIN SELECT RAISE(ABORT, 'ledger_entries only grows'); END;
