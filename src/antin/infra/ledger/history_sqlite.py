"""History from before, into SQLite: its own driver, many rows a statement.

Filling a ledger that is small goes without the indexes and the guard that looks into them; all of
it is one transaction, which makes them again, so that nobody ever sees a ledger without.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

from antin.core.errors import IntegrityError
from antin.infra.database_errors import translated
from antin.infra.file_lock import FileLock
from antin.infra.ledger.history_log import BatchLog
from antin.infra.ledger.rows_sqlite import Packed, Packing
from antin.infra.sqlite_connections import driver_of, writing_engine
from antin.ledger.history import ACTION, Batch, Held, Newest, Placing

_CACHE: Final = "PRAGMA cache_size = -65536"
"""KiB: pages are written when they are full, not before."""
_TOGETHER: Final = 32
"""Rows in a statement: what comes once a statement costs more than a row does."""
_TIP: Final = "SELECT n, leaf FROM ledger_entries WHERE stream = ? ORDER BY n DESC LIMIT 1"
_HELD: Final = (
    "SELECT e.request, e.stream, p.data FROM ledger_entries e"
    " LEFT JOIN ledger_payloads p ON p.leaf_index = e.leaf_index"
    " WHERE e.request = ? AND e.ordinal = 0"
)
_ASIDE: Final = (
    "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'ledger_entries' AND"
    " ((type = 'index' AND sql IS NOT NULL) OR name = 'ledger_entries_replace_none')"
)


class SqliteHistory(BatchLog):
    """Implements :class:`antin.ledger.ports.HistoryLog`."""

    _SIZE = "SELECT size FROM ledger_head"
    _GROW = "UPDATE ledger_head SET size = ? WHERE size = ?"
    _ALL_TIPS = "SELECT stream, n, leaf FROM ledger_entries ORDER BY leaf_index"
    _SINCE = (
        "SELECT stream, n, leaf FROM ledger_entries WHERE leaf_index >= ?"
        " ORDER BY leaf_index LIMIT ?"
    )

    def __init__(self, path: Path, lock_timeout: float) -> None:
        super().__init__()
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._engine = writing_engine(path, lock_timeout)
        self._stack = ExitStack()
        self._driver: Any = None

    def close(self) -> None:
        self._stack.close()
        self._lock.close()

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """Give the driver within a transaction of its own, among all processes."""
        with translated(), self._lock:
            driver = self._connected()
            driver.execute("BEGIN IMMEDIATE")
            try:
                yield driver
                if driver.in_transaction:
                    driver.execute("COMMIT")
            finally:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")

    def _connected(self) -> Any:
        if self._driver is None:
            self._driver = driver_of(self._stack.enter_context(self._engine.connect()))
            self._driver.execute(_CACHE)
        return self._driver

    def _newest(self, driver: Any, streams: Iterable[str]) -> dict[str, Newest]:
        found = ((one, driver.execute(_TIP, (one,)).fetchone()) for one in streams)
        return {stream: row for stream, row in found if row}

    def _there(self, driver: Any, batch: Batch) -> dict[str, Held]:
        found = (driver.execute(_HELD, (one,)).fetchone() for one in batch.requests)
        return {row[0]: (row[1], row[2]) for row in found if row is not None}

    def _rows(self, placing: Placing) -> Packing:
        return Packing(placing)

    def _write(self, driver: Any, rows: Packed) -> None:
        try:
            _insert(driver, _entries, rows.same, rows.index, rows.entries())
            _insert(driver, _payloads, (), rows.index, rows.facts())
        except sqlite3.IntegrityError as error:
            detail = f"the place of an entry from {rows.index} on is taken"
            raise IntegrityError("ledger_inconsistent", detail=detail) from error

    def _put_aside(self, driver: Any) -> list[str]:
        aside = driver.execute(_ASIDE).fetchall()
        for kind, name, _ in aside:
            driver.execute(f"DROP {kind} {name}")
        return [sql for _, _, sql in aside]

    def _put_back(self, driver: Any, aside: list[str]) -> bool:
        try:
            for sql in aside:
                driver.execute(sql)
        except sqlite3.IntegrityError:
            driver.execute("ROLLBACK")
            return False
        return True


@cache
def _entries(rows: int) -> str:
    """Return what inserts so many: ?1 is their time, ?2 their actor, ?3 the first one's index."""
    values = f"?, ?, ?, ?1, ?2, '{ACTION}', ?, ?, 0, ?, ?"
    every = ", ".join(f"(?3 + {at}, {values})" for at in range(rows))
    return f"INSERT INTO ledger_entries VALUES {every}"  # noqa: S608 — all of it is ours


@cache
def _payloads(rows: int) -> str:
    every = ", ".join(f"(?1 + {at}, ?, ?)" for at in range(rows))
    return f"INSERT INTO ledger_payloads VALUES {every}"  # noqa: S608 — all of it is ours


def _insert(
    driver: Any,
    statement: Callable[[int], str],
    same: tuple[str | int, ...],
    index: int,
    columns: Sequence[Sequence[object]],
) -> None:
    """Insert rows of ``columns`` from leaf ``index`` on, many in a statement."""
    count, width = len(columns[0]), len(columns)
    values = list(chain.from_iterable(zip(*columns, strict=True)))
    execute = driver.cursor().execute
    for at in range(0, count, _TOGETHER):
        rows = min(_TOGETHER, count - at)
        these = values[at * width : (at + rows) * width]
        execute(statement(rows), (*same, index + at, *these))
