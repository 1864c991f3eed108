-- Guards against accidents, as for entries. Statements are parted by blank lines.

CREATE TRIGGER ledger_cosignatures_keep_rows BEFORE UPDATE ON ledger_cosignatures
BEGIN SELECT RAISE(ABORT, 'ledger_cosignatures only grows'); END;

CREATE TRIGGER ledger_cosignatures_keep_all BEFORE DELETE ON ledger_cosignatures
BEGIN SELECT RAISE(ABORT, 'ledger_cosignatures only grows'); END;

CREATE TRIGGER ledger_cosignatures_replace_none BEFORE INSERT ON ledger_cosignatures
WHEN EXISTS (SELECT 1 FROM ledger_cosignatures WHERE size = NEW.size AND witness = NEW.witness)
BEGIN SELECT RAISE(ABORT, 'ledger_cosignatures only grows'); END;

CREATE TRIGGER ledger_timestamps_keep_rows BEFORE UPDATE ON ledger_timestamps
BEGIN SELECT RAISE(ABORT, 'ledger_timestamps only grows'); END;

CREATE TRIGGER ledger_timestamps_keep_all BEFORE DELETE ON ledger_timestamps
BEGIN SELECT RAISE(ABORT, 'ledger_timestamps only grows'); END;

CREATE TRIGGER ledger_timestamps_replace_none BEFORE INSERT ON ledger_timestamps
WHEN EXISTS (SELECT 1 FROM ledger_timestamps WHERE size = NEW.size AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'ledger_timestamps only grows'); END;
