"""SQL of migrations, in files beside them. What has run somewhere stays as it is."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection

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


def types_of(bind: Connection) -> dict[str, str]:
    """Return what columns of each kind are called in the database."""
    return _TYPES[bind.dialect.name]


def statements(name: str) -> list[str]:
    """Return a file's statements, which blank lines part, without the comment at the top."""
    path = Path(__file__).parent / "versions" / f"{name}.sql"
    return path.read_text().strip().split("\n\n")[1:]


def run_script(bind: Connection, name: str, **words: str) -> None:
    """Run a file's statements, with what stands in braces in them put in its place."""
    for statement in statements(name):
        text = statement.format_map(words) if words else statement
        # The PostgreSQL driver takes % for the start of a parameter.
        bind.exec_driver_sql(text if bind.dialect.name == "sqlite" else text.replace("%", "%%"))
