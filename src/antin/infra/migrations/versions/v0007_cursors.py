"""How far readers of the ledger have come."""

from alembic import op

from antin.infra.migrations.scripts import types_of

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table, empty."""
    bind = op.get_bind()
    types = types_of(bind)
    words, whole, moment, strict = (types[name] for name in ("words", "whole", "moment", "strict"))
    bind.exec_driver_sql(
        f"CREATE TABLE ledger_cursors (id {words} NOT NULL, position {whole} NOT NULL, "
        f"updated_at {moment} NOT NULL, version {whole} NOT NULL, "
        "CONSTRAINT ledger_cursors_pkey PRIMARY KEY (id), "
        f"CONSTRAINT ledger_cursors_position_check CHECK (position >= 0)){strict}"
    )
