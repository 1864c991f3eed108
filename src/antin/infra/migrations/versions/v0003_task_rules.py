"""Signing tasks say what they certify and lock, and keep what their signers were warned of."""

from alembic import op

revision = "0003"
down_revision = "0002"

_WORDS = {"sqlite": "TEXT", "postgresql": 'VARCHAR COLLATE "C"'}


def upgrade() -> None:
    """Add the new columns, which are empty for what is there."""
    bind = op.get_bind()
    words = _WORDS[bind.dialect.name]
    for column in ("certify", "field_lock", "warnings"):
        bind.exec_driver_sql(f"ALTER TABLE signing_tasks ADD COLUMN {column} {words}")
