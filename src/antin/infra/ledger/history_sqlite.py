"""History from before, into SQLite: its own driver, many rows a statement.

Filling a ledger that is small goes without the indexes and the guard that looks into them; all of
it is one transaction, which makes them again, so that nobody ever sees a ledger without.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from antin.core.clock import Clock, to_micros
from antin.core.errors import IntegrityError
from antin.infra.database_errors import translated
from antin.infra.file_lock import FileLock
from antin.infra.sqlite_connections import driver_of, writing_engine
from antin.ledger.entry import SALT_BYTES
from antin.ledger.history import ACTION, Batch, Held, Known, Newest, fresh, placed

_SMALL: Final = 100_000
_PRAGMAS: Final = (
    "PRAGMA cache_size = -65536",  # KiB: pages are written when they are full, not before
    "PRAGMA wal_autocheckpoint = 8000",  # pages: what many batches write again is copied once
)
_ENTRY: Final = "INSERT INTO ledger_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PAYLOAD: Final = "INSERT INTO ledger_payloads VALUES (?, ?, ?)"
_SIZE: Final = "SELECT size FROM ledger_head"
_GROW: Final = "UPDATE ledger_head SET size = ? WHERE size = ?"
_TIP: Final = "SELECT n, leaf FROM ledger_entries WHERE stream = ? ORDER BY n DESC LIMIT 1"
_TIPS: Final = "SELECT stream, n, leaf FROM ledger_entries ORDER BY leaf_index"
_HELD: Final = (
    "SELECT e.request, e.stream, p.data FROM ledger_entries e"
    " LEFT JOIN ledger_payloads p ON p.leaf_index = e.leaf_index"
    " WHERE e.request = ? AND e.ordinal = 0"
)
_ASIDE: Final = (
    "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'ledger_entries' AND"
    " ((type = 'index' AND sql IS NOT NULL) OR name = 'ledger_entries_replace_none')"
)


class SqliteHistory:
    """Implements :class:`antin.ledger.ports.HistoryLog`."""

    def __init__(self, path: Path, lock_timeout: float) -> None:
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._engine = writing_engine(path, lock_timeout)
        self._known = Known()
        self._stack = ExitStack()
        self._driver: Any = None

    def is_small(self, lines: int) -> bool:
        with self._transaction() as driver:
            return _size(driver) <= min(lines // 4, _SMALL)

    def fill(self, batches: Iterable[Batch], actor: str, clock: Clock) -> bool:
        with self._transaction() as driver:
            aside = driver.execute(_ASIDE).fetchall()
            for kind, name, _ in aside:
                driver.execute(f"DROP {kind} {name}")
            tips = {stream: Newest(n, leaf.hex()) for stream, n, leaf in driver.execute(_TIPS)}
            first = size = _size(driver)
            for batch in batches:
                _write(driver, batch, tips, size, (actor, to_micros(clock.now())))
                size += batch.count
            _grow(driver, first, size)
            try:
                for _, _, sql in aside:
                    driver.execute(sql)
            except sqlite3.IntegrityError:
                driver.execute("ROLLBACK")
                return False
        return True

    def append(self, batch: Batch, actor: str, clock: Clock) -> int:
        try:
            return self._append(batch, actor, clock)
        except IntegrityError:
            # Perhaps some of it is there: looked up only now, since it hardly ever is.
            return self._append(batch, actor, clock, look=True)

    def _append(self, batch: Batch, actor: str, clock: Clock, *, look: bool = False) -> int:
        known, self._known = self._known, Known()
        with self._transaction() as driver:
            rest = fresh(batch, _there(driver, batch)) if look else batch
            size = _size(driver)
            tips = known.tips(size)
            for stream in set(rest.streams.split("\n")) - tips.keys() if rest.count else ():
                if tip := _tip(driver, stream):
                    tips[stream] = tip
            if rest.count:
                _write(driver, rest, tips, size, (actor, to_micros(clock.now())))
                _grow(driver, size, size + rest.count)
        self._known = Known(size + rest.count, tips)
        return rest.count

    def close(self) -> None:
        """Close the connection."""
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
            for pragma in _PRAGMAS:
                self._driver.execute(pragma)
        return self._driver


def _size(driver: Any) -> int:
    row = driver.execute(_SIZE).fetchone()
    if row is None:
        raise IntegrityError("ledger_inconsistent", detail="its head row is missing")
    size: int = row[0]
    return size


def _grow(driver: Any, before: int, after: int) -> None:
    if driver.execute(_GROW, (after, before)).rowcount != 1:
        raise IntegrityError("ledger_inconsistent", detail="its head row is not as it was")


def _tip(driver: Any, stream: str) -> Newest | None:
    row = driver.execute(_TIP, (stream,)).fetchone()
    return Newest(row[0], row[1].hex()) if row else None


def _there(driver: Any, batch: Batch) -> dict[str, Held]:
    """Return streams and facts of those requests of ``batch`` that are there."""
    found = (driver.execute(_HELD, (one,)).fetchone() for one in batch.requests.split("\n"))
    return {row[0]: (row[1], row[2]) for row in found if row is not None}


def _write(
    driver: Any, batch: Batch, tips: dict[str, Newest], index: int, act: tuple[str, int]
) -> None:
    actor, micros = act
    unhex, salts, at = bytes.fromhex, batch.salts, 0
    entries: list[tuple[Any, ...]] = []
    payloads: list[tuple[Any, ...]] = []
    for stream, n, prev, digest, request, data, leaf, payload in placed(batch, tips, actor, micros):
        entries.append(
            (
                index,
                stream,
                n,
                unhex(prev) if prev is not None else None,
                micros,
                actor,
                ACTION,
                unhex(digest),
                request,
                0,
                data.encode(),
                unhex(leaf),
            )
        )
        payloads.append((index, salts[at : at + SALT_BYTES], payload.encode()))
        index += 1
        at += SALT_BYTES
    try:
        driver.executemany(_ENTRY, entries)
        driver.executemany(_PAYLOAD, payloads)
    except sqlite3.IntegrityError as error:
        detail = f"the place of an entry from {index - batch.count} on is taken"
        raise IntegrityError("ledger_inconsistent", detail=detail) from error
