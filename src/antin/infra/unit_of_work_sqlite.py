"""The unit of work on a SQLite file: one writer thread a process, one writer among processes."""

import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from antin.core.errors import DefectError, UnavailableError
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.changes import Change
from antin.infra.database_errors import translated
from antin.infra.file_lock import FileLock
from antin.infra.migrations import require_current
from antin.infra.sqlite_connections import reading_engine, snapshot, writing_engine
from antin.infra.sqlite_writer import Writer
from antin.infra.stores.all import SqlStores
from antin.infra.vacuum_sqlite import vacuum_sqlite
from antin.ledger.draft import Act

T = TypeVar("T")


class SqliteUnitOfWork:
    """Implements :class:`antin.flows.unit_of_work.UnitOfWork`; safe to share between threads.

    A forked child starts its own writer and connections on first use; what it inherited belongs
    to its parent and is never touched.
    """

    _writer: Writer | None

    def __init__(self, path: Path, lock_timeout: float = 30.0) -> None:
        self._path = path
        self._timeout = lock_timeout
        self._closed = False
        self._open()
        _ALL.add(self)

    def run(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> T:
        one = Change(act, change)
        alone = self._hand_over(one)
        if alone is not None:
            alone.carry_out_alone(one)
        else:
            self._wait(one)
        result: T = one.result()
        return result

    def read(self, query: Callable[[Stores], T]) -> T:
        with translated(), snapshot(self._reading) as connection:
            return query(SqlStores(connection, writes=False))

    def vacuum(self) -> tuple[str, ...]:
        vacuum_sqlite(self._path, self._timeout)
        return ()

    def require_current(self) -> None:
        """Raise ``database_unavailable`` unless the tables are up to date."""
        with translated(), snapshot(self._reading) as connection:
            require_current(connection)

    def close(self) -> None:
        """Carry out what waits, then close every connection; later changes are refused."""
        with self._guard:
            self._closed = True
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.stop(self._timeout)
        self._lock.close()
        self._reading.dispose()

    def _open(self) -> None:
        self._guard = threading.Lock()
        self._lock = FileLock(self._path.with_name(self._path.name + ".lock"))
        self._reading = reading_engine(self._path, self._timeout)
        self._writing = writing_engine(self._path, self._timeout)
        self._writer = None

    def _wait(self, one: Change) -> None:
        try:
            answered = one.wait(self._timeout)
        except BaseException:  # Ctrl-C: it never happens, unless it is under way
            one.begin()
            raise
        if not answered:
            # Giving up works until the writer has begun: then the change is sure not to happen.
            if one.begin():
                raise UnavailableError("database_busy")
            one.wait()

    def _hand_over(self, change: Change) -> Writer | None:
        """Let the writer's thread carry it out, or return the writer that was reserved for it."""
        with self._guard:
            if self._closed:
                raise UnavailableError("database_unavailable", detail="it was closed")
            if self._writer is None:
                # Kept once it runs: a signal that comes while it starts must not leave a dead one.
                writer = Writer(self._writing, self._lock)
                writer.thread.start()
                self._writer = writer
            if self._writer.is_here:
                raise DefectError("defect", detail="a change was started inside a change")
            if self._writer.reserve():
                return self._writer
            self._writer.submit(change)
            return None

    def _after_fork(self) -> None:
        """Begin anew in a forked child.

        The parent's connections are kept open: closing them would free its locks on the file.
        """
        _INHERITED.append((self._writer, self._writing, self._reading))
        self._lock.close()
        self._open()


_ALL: Final[weakref.WeakSet[SqliteUnitOfWork]] = weakref.WeakSet()
_INHERITED: Final[list[object]] = []


def _after_fork() -> None:
    for one in tuple(_ALL):
        one._after_fork()  # noqa: SLF001 — the module's own hook


os.register_at_fork(after_in_child=_after_fork)
