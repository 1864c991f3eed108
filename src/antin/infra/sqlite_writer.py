"""The process's one writer on SQLite: many changes, one commit (group commit).

Waiting changes run one after the other in one transaction, and only once it is committed is
anybody answered. A thread of its own does so, or a lone caller in their own thread: handing over
and back takes a fifth of what they would wait.

Where one of them fails and leaves rows behind, the group is taken back and run again with each
change in a SAVEPOINT of its own, so that what fails leaves the others' work alone.
"""

import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread, get_ident, main_thread
from typing import Final

from sqlalchemy import Connection, Engine, exc

from antin.core.errors import AntinError
from antin.flows.unit_of_work import Refused
from antin.infra.changes import Change
from antin.infra.file_lock import FileLock
from antin.infra.ledger.group import GroupLedger
from antin.infra.sqlite_connections import driver_of
from antin.infra.stores.all import SqlStores

GROUP: Final = 256
"""Changes in one commit at most: bounds what one failing disk takes back, and the latency."""

_MOMENT: Final = 0.001
"""Seconds that a group waits for those who were answered last; a commit takes about a third."""
_NOBODY: Final = sys.maxsize


class Writer:
    """Owns the writing connection, which one thread uses at a time: its own, or a lone caller's."""

    def __init__(self, engine: Engine, lock: FileLock) -> None:
        self._engine = engine
        self._lock = lock
        self._connection: Connection | None = None
        self._queue: SimpleQueue[Change | None] = SimpleQueue()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._awaited = _NOBODY  # how many must wait for the bell to ring
        self._stopping = False
        self._last = 1  # changes in the commit before
        self._crowded = False  # another process was at work then
        self._working = Lock()
        self._alone: int | None = None  # the caller's thread that is at work
        self.thread = Thread(target=self._work, name="antin-writer", daemon=True)

    @property
    def is_here(self) -> bool:
        """Whether this very thread is carrying out a change."""
        return get_ident() in {self._alone, self.thread.ident}

    def reserve(self) -> bool:
        """Keep everybody else away for :meth:`carry_out_alone`; False if somebody is at work.

        Ctrl-C comes to the main thread, between any two steps: there a change is always handed
        over. So it is where somebody else was met last, since they soon are again.
        Error: ``database_unavailable``.
        """
        if self._last > 1 or self._crowded or self._queue.qsize():
            return False
        if current_thread() is main_thread() or not self._working.acquire(blocking=False):
            return False
        self._crowded = True
        try:
            self._crowded = not self._lock.try_now()
        finally:
            if self._crowded:
                self._working.release()
        return not self._crowded

    def carry_out_alone(self, change: Change) -> None:
        """Carry out ``change`` in this thread, which made the reservation."""
        self._alone = get_ident()
        try:
            if change.begin():
                self._commit([change])
        except BaseException as error:  # noqa: BLE001 — the caller is told
            self._disconnect()
            change.fail(error)
        finally:
            self._alone = None
            self._lock.leave()
            self._working.release()

    def submit(self, change: Change) -> None:
        """Let ``change`` wait for its turn."""
        self._queue.put(change)
        if self._queue.qsize() >= self._awaited:
            self._bell.put(None)

    def stop(self, seconds: float) -> None:
        """Carry out what waits, then end; give up waiting for that after ``seconds``."""
        self._queue.put(None)
        self._bell.put(None)
        self.thread.join(seconds)

    def _work(self) -> None:
        while not self._stopping and (first := self._queue.get()) is not None:
            for change in self._carry_out(first):
                change.answer()
        with self._working:
            self._disconnect()

    def _carry_out(self, first: Change) -> list[Change]:
        """Carry out ``first`` and what waits behind it, and return them.

        None is a success unless the commit succeeded.
        """
        group, taken = [first], list[Change]()
        self._gather()
        with self._working:
            try:
                with self._lock as was_free:
                    self._crowded = not was_free
                    group += self._waiting()
                    taken += _begun(group)
                    if taken:
                        self._commit(taken)
            except BaseException as error:  # noqa: BLE001 — whatever it was, every caller is told
                self._disconnect()
                taken = taken or _begun(group)
                for change in taken:
                    change.fail(error)
        self._last = len(taken)
        return taken

    def _gather(self) -> None:
        """Wait a moment for those who were answered last to come back with their next change.

        They are busy just now, and would be in the way: with them the commit serves more at once.
        A lone caller waits for nobody.
        """
        deadline = time.perf_counter() + _MOMENT
        self._awaited = self._last - 1
        while self._queue.qsize() < self._awaited and not self._stopping:
            left = deadline - time.perf_counter()
            if left <= 0:
                break
            try:
                self._bell.get(timeout=left)
            except Empty:
                break
        self._awaited = _NOBODY

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

    def _commit(self, changes: Sequence[Change]) -> None:
        connection = self._connected()
        driver = driver_of(connection)
        ledger = GroupLedger(connection)
        stores = SqlStores(connection, writes=True, ledger=ledger)
        # 1. IMMEDIATE: a snapshot that is already the newest, never upgraded halfway.
        driver.execute("BEGIN IMMEDIATE").close()
        try:
            # 2. All at once, as nearly always; or each in a savepoint.
            if not _together(driver, stores, ledger, changes):
                driver.execute("ROLLBACK").close()
                driver.execute("BEGIN IMMEDIATE").close()
                ledger.forget()
                for change in changes:
                    _apart(driver, stores, ledger, change)
            # 3. One durable commit for all.
            driver.execute("COMMIT").close()
        finally:
            if driver.in_transaction:
                driver.execute("ROLLBACK").close()

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


def _together(
    driver: sqlite3.Connection, stores: SqlStores, ledger: GroupLedger, changes: Iterable[Change]
) -> bool:
    """Run ``changes``; False if one must be taken back, and so all must be run again.

    Nothing needs to be taken back from a change that fails before it wrote anything.
    """
    for change in changes:
        before = driver.total_changes
        try:
            done = change.run(stores)
            if isinstance(done, Refused) and driver.total_changes != before:
                return False
            ledger.append(change.act, done.entries)
        except BaseException as error:  # noqa: BLE001 — one change's fault is not the others'
            _require_transaction(driver, error)
            if driver.total_changes != before:
                return False
            change.fail(error)
        else:
            change.keep(done)
    try:
        ledger.write()
    except (AntinError, sqlite3.Error) as error:
        _require_transaction(driver, error)
    return not ledger.spoilt


def _apart(
    driver: sqlite3.Connection, stores: SqlStores, ledger: GroupLedger, change: Change
) -> None:
    """Run one change and append its entries, last; a refusal's rows are rolled back first."""
    driver.execute("SAVEPOINT change").close()
    try:
        done = change.run(stores)
        if isinstance(done, Refused):
            driver.execute("ROLLBACK TO change").close()
        ledger.append_once(change.act, done.entries)
    except BaseException as error:  # noqa: BLE001 — as above
        _require_transaction(driver, error)
        driver.execute("ROLLBACK TO change").close()
        ledger.forget()
        change.fail(error)
    else:
        change.keep(done)
    driver.execute("RELEASE change").close()


def _require_transaction(driver: sqlite3.Connection, error: BaseException) -> None:
    """Raise ``error`` if it ended the transaction: nobody of the group may be acknowledged then.

    A full disk or a failing one makes SQLite give it up, and the work of earlier changes with it.
    """
    if not driver.in_transaction:
        raise error


def _begun(group: Iterable[Change]) -> list[Change]:
    """Return those of ``group`` whose callers still wait; from now on they can't give up."""
    return [one for one in group if one.begin()]
