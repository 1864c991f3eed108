"""Groups of signing tasks, certificates registered for signers, jobs that wait for their time."""

from pathlib import Path
from typing import Final

from alembic import op

revision = "0002"
down_revision = "0001"

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
    """Make the new tables; every task that is there becomes a group of its own.

    A task that was SIGNED gets the job that completes it.
    """
    bind = op.get_bind()
    dialect = bind.dialect.name
    for name in ("v0002_tables", f"v0002_tasks_{dialect}", "v0002_jobs"):
        for statement in _statements(name):
            bind.exec_driver_sql(statement.format_map(_TYPES[dialect]))


def _statements(name: str) -> list[str]:
    """Return a file's statements, which blank lines part, without the comment at the top."""
    return (Path(__file__).parent / f"{name}.sql").read_text().strip().split("\n\n")[1:]
