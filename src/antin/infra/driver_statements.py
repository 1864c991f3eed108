"""Statements for SQLite's own driver: built by SQLAlchemy once, run without it from then on.

Executing through SQLAlchemy costs several times what SQLite itself takes for a row, and one thread
writes for all. What is run here is what SQLAlchemy would run: its SQL text, its column types.
"""

import sqlite3
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ClauseElement, Table
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect()
_Encode = Callable[[Any], Any]


class DriverStatement:
    """One statement; values are given by the names of its parameters."""

    def __init__(self, statement: ClauseElement, table: Table) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)
        self.sql: str = compiled.string
        names: list[str] = compiled.positiontup
        self._names = tuple((name, _encoder(table, name)) for name in names)
        given = compiled.params
        self._constants = {name: given[name] for name in names if given[name] is not None}

    def run(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Execute it once."""
        return driver.execute(self.sql, self._encoded(values))

    def first(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> Any:
        """Return the first row that it finds, None if there is none; it finds few."""
        cursor = self.run(driver, values)
        rows = cursor.fetchall()
        cursor.close()
        return rows[0] if rows else None

    def _encoded(self, values: Mapping[str, Any]) -> list[Any]:
        every = {**self._constants, **values} if self._constants else values
        return [every[name] if to is None else to(every[name]) for name, to in self._names]


def _encoder(table: Table, name: str) -> _Encode | None:
    """Return how the column of that name writes its values; None: as they are."""
    column = table.columns.get(name)
    if column is None:
        return None
    kind: Any = column.type.dialect_impl(_DIALECT)
    found: _Encode | None = kind.bind_processor(_DIALECT)
    return found


@cache
def adding(table: Table) -> DriverStatement:
    """Return the statement that adds a row, or nothing where a unique key is taken."""
    return DriverStatement(sqlite.insert(table).on_conflict_do_nothing(), table)
