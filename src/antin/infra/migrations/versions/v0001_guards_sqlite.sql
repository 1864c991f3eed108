-- What only grows is not changed by accident. These guards stop no administrator: the checkpoints do.
-- Statements are parted by blank lines. INSERT OR REPLACE deletes without firing a DELETE trigger,
-- hence the guards on INSERT.

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

CREATE TRIGGER ledger_checkpoints_keep_rows BEFORE UPDATE ON ledger_checkpoints
BEGIN SELECT RAISE(ABORT, 'ledger_checkpoints only grows'); END;

CREATE TRIGGER ledger_checkpoints_keep_all BEFORE DELETE ON ledger_checkpoints
BEGIN SELECT RAISE(ABORT, 'ledger_checkpoints only grows'); END;

CREATE TRIGGER ledger_checkpoints_replace_none BEFORE INSERT ON ledger_checkpoints
WHEN EXISTS (SELECT 1 FROM ledger_checkpoints WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'ledger_checkpoints only grows'); END;

CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON ledger_head WHEN NEW.size < OLD.size
BEGIN SELECT RAISE(ABORT, 'ledger_head only grows'); END;

CREATE TRIGGER ledger_head_stays BEFORE DELETE ON ledger_head
BEGIN SELECT RAISE(ABORT, 'ledger_head only grows'); END;
