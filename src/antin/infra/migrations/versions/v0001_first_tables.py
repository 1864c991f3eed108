"""First tables: the domain, the ledger, and the guards of what only grows."""

from pathlib import Path
from typing import Final

from alembic import op

revision = "0001"
down_revision = None

_TYPES: Final = {
    "sqlite": {
        "words": "TEXT",
        "whole": "INTEGER",
        "octets": "BLOB",
        "moment": "INTEGER",
        "day": "TEXT",
        "strict": " STRICT",
    },
    "postgresql": {
        "words": 'VARCHAR COLLATE "C"',
        "whole": "BIGINT",
        "octets": "BYTEA",
        "moment": "TIMESTAMP WITH TIME ZONE",
        "day": "DATE",
        "strict": "",
    },
}


def upgrade() -> None:
    """Make all tables of the first version."""
    dialect = op.get_bind().dialect.name
    _run(_read("v0001_tables.sql").format_map(_TYPES[dialect]))
    _run(_read(f"v0001_guards_{dialect}.sql"))


def _read(name: str) -> str:
    text = (Path(__file__).parent / name).read_text()
    return text.split("\n\n", 1)[1]  # without the comment at the top


def _run(script: str) -> None:
    bind = op.get_bind()
    for statement in script.strip().split("\n\n"):
        bind.exec_driver_sql(statement.replace("%", "%%") if _formats(bind) else statement)


def _formats(bind: object) -> bool:
    """Tell whether the driver takes ``%`` for the start of a parameter."""
    return getattr(getattr(bind, "dialect", None), "paramstyle", "") in {"format", "pyformat"}
