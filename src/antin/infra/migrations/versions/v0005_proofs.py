"""What proofs are made from: roots of tiles, cosignatures of witnesses, time-stamps."""

from pathlib import Path
from typing import Final

from alembic import op

revision = "0005"
down_revision = "0004"

_TYPES: Final = {
    "sqlite": {
        "words": "TEXT",
        "whole": "INTEGER",
        "octets": "BLOB",
        "moment": "INTEGER",
        "strict": " STRICT",
    },
    "postgresql": {
        "words": 'VARCHAR COLLATE "C"',
        "whole": "BIGINT",
        "octets": "BYTEA",
        "moment": "TIMESTAMP WITH TIME ZONE",
        "strict": "",
    },
}


def upgrade() -> None:
    """Make the tables, and the guards of those that only grow."""
    bind = op.get_bind()
    dialect = bind.dialect.name
    for statement in _statements("v0005_tables"):
        bind.exec_driver_sql(statement.format_map(_TYPES[dialect]))
    for statement in _statements(f"v0005_guards_{dialect}"):
        bind.exec_driver_sql(statement)


def _statements(name: str) -> list[str]:
    """Return a file's statements, which blank lines part, without the comment at the top."""
    return (Path(__file__).parent / f"{name}.sql").read_text().strip().split("\n\n")[1:]
