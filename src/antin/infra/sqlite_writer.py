"""The process's one writer thread on SQLite: many changes, one commit (group commit).

Each waiting change runs in a SAVEPOINT of its own, so that one that fails leaves the others'
work alone; all are committed at once, and only then is anybody answered.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

from sqlalchemy import Connection, Engine, exc

from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.database_errors import translate
from antin.infra.file_lock import FileLock
from antin.infra.sqlite_connections import driver_of
from antin.infra.stores.all import SqlStores
from antin.ledger.draft import Act

GROUP: Final = 256
"""Changes in one commit at most: bounds what one failing disk takes back, and the latency."""

_MOMENT: Final = 0.001
"""Seconds that a group waits for those who were answered last; a commit takes about a third."""
_GLANCE: Final = 0.0001
"""Seconds from one look at the queue to the next; whoever is awaited needs the processor."""


@dataclass(frozen=True)
class Change:
    """A change that waits for the writer; its future is the caller's answer."""

    act: Act
    run: Callable[[Stores], Done[Any] | Refused]
    answer: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True)
class _Outcome:
    """What a change will be answered, once it is durable."""

    value: Any = None
    error: BaseException | None = None


class Writer:
    """Owns the writing connection; everything below runs in its thread."""

    def __init__(self, engine: Engine, lock: FileLock) -> None:
        self._engine = engine
        self._lock = lock
        self._connection: Connection | None = None
        self._queue: SimpleQueue[Change | None] = SimpleQueue()
        self._stopping = False
        self._last = 1  # changes in the commit before
        self.thread = Thread(target=self._work, name="antin-writer", daemon=True)

    def submit(self, change: Change) -> None:
        """Let ``change`` wait for its turn."""
        self._queue.put(change)

    def stop(self, seconds: float) -> None:
        """Carry out what waits, then end; give up waiting for that after ``seconds``."""
        self._queue.put(None)
        self.thread.join(seconds)

    def _work(self) -> None:
        while not self._stopping and (first := self._queue.get()) is not None:
            for change, outcome in self._carry_out(first):
                if outcome.error is not None:
                    change.answer.set_exception(outcome.error)
                else:
                    change.answer.set_result(outcome.value)
        self._disconnect()

    def _carry_out(self, first: Change) -> list[tuple[Change, _Outcome]]:
        """Return ``first`` and what waits behind it with their outcomes.

        None is a success unless the commit succeeded.
        """
        group, taken = [first], list[Change]()
        self._gather()
        try:
            with self._lock:
                group += self._waiting()
                taken += _begun(group)
                outcomes = self._commit(taken) if taken else []
        except BaseException as error:  # noqa: BLE001 — whatever happened, every caller is told
            self._disconnect()
            taken = taken or _begun(group)
            outcomes = [_Outcome(error=_ours(error))] * len(taken)
        self._last = len(taken)
        return list(zip(taken, outcomes, strict=True))

    def _gather(self) -> None:
        """Wait a moment for those who were answered last to come back with their next change.

        They are busy just now, and would be in the way: with them the commit serves more at once.
        A lone caller waits for nobody.
        """
        deadline = time.perf_counter() + _MOMENT
        while self._queue.qsize() + 1 < self._last and time.perf_counter() < deadline:
            time.sleep(_GLANCE)

    def _waiting(self) -> list[Change]:
        """Return what waits, oldest first."""
        group: list[Change] = []
        while len(group) < GROUP - 1 and not self._stopping:
            try:
                change = self._queue.get_nowait()
            except Empty:
                break
            if change is None:
                self._stopping = True
            else:
                group.append(change)
        return group

    def _commit(self, changes: Iterable[Change]) -> list[_Outcome]:
        connection = self._connected()
        driver = driver_of(connection)
        stores = SqlStores(connection, writes=True)
        # 1. IMMEDIATE: a snapshot that is already the newest, never upgraded halfway.
        driver.execute("BEGIN IMMEDIATE").close()
        try:
            # 2. Each change in a savepoint.
            outcomes = [self._one(driver, stores, change) for change in changes]
            # 3. One durable commit for all.
            driver.execute("COMMIT").close()
        finally:
            if driver.in_transaction:
                driver.execute("ROLLBACK").close()
        return outcomes

    def _one(self, driver: Any, stores: SqlStores, change: Change) -> _Outcome:
        driver.execute("SAVEPOINT change").close()
        try:
            outcome = _run(driver, stores, change)
        except BaseException as error:  # one change's fault is not the others'
            # A full disk or a failing one makes SQLite give up the whole transaction: then the
            # work of the changes before this one is gone too, and nobody may be acknowledged.
            if not driver.in_transaction:
                raise
            driver.execute("ROLLBACK TO change").close()
            outcome = _Outcome(error=_ours(error))
        driver.execute("RELEASE change").close()
        return outcome

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        """Drop the connection: after a failure, the next group starts from a fresh one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (exc.SQLAlchemyError, sqlite3.Error):
                connection.invalidate()


def _run(driver: Any, stores: SqlStores, change: Change) -> _Outcome:
    """Run one change and append its entries, last; a refusal's rows are rolled back first."""
    done = change.run(stores)
    if isinstance(done, Refused):
        driver.execute("ROLLBACK TO change").close()
    stores.ledger.append(change.act, done.entries)
    return _Outcome(error=done.error) if isinstance(done, Refused) else _Outcome(done.value)


def _begun(group: Iterable[Change]) -> list[Change]:
    """Return those of ``group`` whose callers still wait; from now on they can't give up."""
    return [one for one in group if one.answer.set_running_or_notify_cancel()]


def _ours(error: BaseException) -> BaseException:
    return translate(error) if isinstance(error, exc.SQLAlchemyError | sqlite3.Error) else error
