"""How far readers of the ledger have come."""

from typing import Final

from alembic import op

revision = "0007"
down_revision = "0006"

_TYPES: Final = {
    "sqlite": ("TEXT", "INTEGER", "INTEGER", " STRICT"),
    "postgresql": ('VARCHAR COLLATE "C"', "BIGINT", "TIMESTAMP WITH TIME ZONE", ""),
}


def upgrade() -> None:
    """Make the table, empty."""
    bind = op.get_bind()
    words, whole, moment, strict = _TYPES[bind.dialect.name]
    bind.exec_driver_sql(
        f"CREATE TABLE ledger_cursors (id {words} NOT NULL, position {whole} NOT NULL, "
        f"updated_at {moment} NOT NULL, version {whole} NOT NULL, "
        "CONSTRAINT ledger_cursors_pkey PRIMARY KEY (id), "
        f"CONSTRAINT ledger_cursors_position_check CHECK (position >= 0)){strict}"
    )
