-- Guards against accidents, as for entries. Statements are parted by blank lines.

CREATE TRIGGER ledger_cosignatures_keep_rows BEFORE UPDATE OR DELETE ON ledger_cosignatures
FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();

CREATE TRIGGER ledger_cosignatures_keep_all BEFORE TRUNCATE ON ledger_cosignatures
FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();

ALTER TABLE ledger_cosignatures ENABLE ALWAYS TRIGGER ledger_cosignatures_keep_rows;

ALTER TABLE ledger_cosignatures ENABLE ALWAYS TRIGGER ledger_cosignatures_keep_all;

CREATE TRIGGER ledger_timestamps_keep_rows BEFORE UPDATE OR DELETE ON ledger_timestamps
FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();

CREATE TRIGGER ledger_timestamps_keep_all BEFORE TRUNCATE ON ledger_timestamps
FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();

ALTER TABLE ledger_timestamps ENABLE ALWAYS TRIGGER ledger_timestamps_keep_rows;

ALTER TABLE ledger_timestamps ENABLE ALWAYS TRIGGER ledger_timestamps_keep_all;
