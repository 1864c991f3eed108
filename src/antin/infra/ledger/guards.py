"""Whether the triggers that guard the ledger's tables are as the migrations made them.

Who takes them away can do the same to this program: what this finds is a hint, and no proof.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from antin.core.errors import DefectError
from antin.infra import migrations

_MADE: Final = re.compile(r"CREATE (?:OR REPLACE )?(?P<kind>TRIGGER|FUNCTION) (?P<name>\w+)")
_DROPPED: Final = re.compile(r"DROP (?:TRIGGER|FUNCTION) (?:IF EXISTS )?(?P<name>\w+)")
_BODY: Final = re.compile(r"\$\$(.*)\$\$", re.DOTALL)
_VERSIONS: Final = Path(migrations.__file__).parent / "versions"

_ON_SQLITE: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_ON_POSTGRES: Final = """
SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger
WHERE tgenabled = 'A' AND NOT tgisinternal
UNION ALL SELECT proname, prosrc FROM pg_proc
"""


def missing_guards(connection: Connection) -> tuple[str, ...]:
    """Return the names of guards that are not there, switched off, or other than they were made."""
    dialect = connection.dialect.name
    query = _ON_SQLITE if dialect == "sqlite" else _ON_POSTGRES
    there = {row[0]: row[1] for row in connection.exec_driver_sql(query)}
    same = _same_on_sqlite if dialect == "sqlite" else _same_on_postgres
    return tuple(
        name for name, made in _made(dialect).items() if not same(made, there.get(name) or "")
    )


@cache
def _made(dialect: str) -> dict[str, str]:
    """Return the statements of all migrations that made a guard that is still to be there."""
    made = {}
    for statement in _statements(dialect):
        if found := _MADE.match(statement):
            made[found["name"]] = statement
        elif found := _DROPPED.match(statement):
            made.pop(found["name"], None)
    if not made:
        # Compared with nothing, every database would have its guards.
        raise DefectError("defect", detail="no guards among the migrations")
    return made


def _statements(dialect: str) -> Iterator[str]:
    for file in sorted(_VERSIONS.glob(f"v*_guards_{dialect}.sql")):
        yield from (one.strip() for one in file.read_text().split("\n\n")[1:])


def _same_on_sqlite(made: str, there: str) -> bool:
    return _words(made.removesuffix(";")) == _words(there)


def _same_on_postgres(made: str, there: str) -> bool:
    """Compare bodies of functions; of triggers, which are written anew, when they fire and why."""
    body = _BODY.search(made)
    if body:
        return _words(body[1]) == _words(there)
    parts = re.search(r"BEFORE ([A-Z ]+?) ON (\w+)", made)
    found = re.search(r"BEFORE ([A-Z ]+?) ON (?:\w+\.)?(\w+)", there)
    condition = "WHEN" in made
    return bool(
        parts
        and found
        and set(parts[1].split(" OR ")) == set(found[1].split(" OR "))
        and parts[2] == found[2]
        and condition == ("WHEN" in there)
    )


def _words(text: str) -> list[str]:
    return text.split()
