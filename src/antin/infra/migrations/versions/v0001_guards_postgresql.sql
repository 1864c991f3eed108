-- What only grows is not changed by accident. These guards stop no administrator: the checkpoints do.
-- Statements are parted by blank lines. ENABLE ALWAYS: ordinary triggers are skipped under
-- session_replication_role = replica.

CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;

CREATE TRIGGER ledger_entries_keep_rows BEFORE UPDATE OR DELETE ON ledger_entries
FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();

CREATE TRIGGER ledger_entries_keep_all BEFORE TRUNCATE ON ledger_entries
FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();

CREATE TRIGGER ledger_checkpoints_keep_rows BEFORE UPDATE OR DELETE ON ledger_checkpoints
FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();

CREATE TRIGGER ledger_checkpoints_keep_all BEFORE TRUNCATE ON ledger_checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();

CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON ledger_head
FOR EACH ROW WHEN (NEW.size < OLD.size) EXECUTE FUNCTION ledger_only_grows();

CREATE TRIGGER ledger_head_stays BEFORE DELETE ON ledger_head
FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();

ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_keep_rows;

ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_keep_all;

ALTER TABLE ledger_checkpoints ENABLE ALWAYS TRIGGER ledger_checkpoints_keep_rows;

ALTER TABLE ledger_checkpoints ENABLE ALWAYS TRIGGER ledger_checkpoints_keep_all;

ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_grows;

ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_stays;
