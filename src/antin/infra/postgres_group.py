"""Changes of several callers in one transaction on PostgreSQL: one commit, one wait for the disk.

They run one after the other on one connection, and what they append goes out together with COMMIT.
The group is short by all means: it waits for nobody's lock for long, and takes nobody up once it
has lasted. Where a change must be taken back, or the transaction broke, all of it is rolled back,
and every caller carries out its own change in a transaction of its own, as if nobody else waited.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event

from antin.core.errors import ConflictError, UnavailableError
from antin.flows.unit_of_work import Refused
from antin.infra.ledger.append_postgres import Appended, append, append_and_commit, appended
from antin.infra.ledger.store import SqlLedger
from antin.infra.line import Line, Turn, Waiting
from antin.infra.sqlite_connections import driver_of
from antin.infra.stores.all import SqlStores
from antin.ledger.draft import Act, Draft

PERHAPS_EARLIER: Final = frozenset({"already_exists", "version_conflict"})
"""Conflicts that may be with a row which was committed after the closure had looked for it."""

_LASTED: Final = 0.01
"""Seconds after which a group takes nobody up any more."""
_MOST: Final = 1000
"""Entries from which on it doesn't either: bounds the memory that a group takes."""
LOCK_WAIT: Final = 50
"""Milliseconds that a group waits for a lock; a deadlock would be noticed after a second only."""
GROUPS: Final = 4
"""Groups at once: one that runs, those that wait for the disk, and those beside a slow one."""
_SOUND: Final = (TransactionStatus.INTRANS, TransactionStatus.IDLE)
"""IDLE: nothing was asked of the database yet."""
_WRITTEN: Final = "antin_written"


class _TakenBackError(Exception):
    """The group has to be rolled back."""


def count_writes(engine: Engine) -> None:
    """Let connections of ``engine`` count their statements that may have changed a row."""
    event.listen(engine, "after_cursor_execute", _count)


def _count(
    connection: Connection,
    cursor: Any,
    statement: str,
    parameters: object,
    context: object,
    executemany: bool,  # noqa: FBT001 — as the event has it
) -> None:
    del statement, parameters, context
    reads = (cursor.statusmessage or "").startswith("SELECT")
    if not reads and (executemany or cursor.rowcount != 0):
        connection.info[_WRITTEN] = connection.info.get(_WRITTEN, 0) + 1


def carry_out(engine: Engine, line: Line, *first: Waiting) -> None:
    """Carry out ``first``, and who comes to wait meanwhile; leave the line; tell each its turn.

    None is a success unless the commit succeeded. It answers all but the very first.
    """
    group = _Group(line, first)
    try:
        with engine.connect() as connection:
            group.carry_out(connection)
    except BaseException as error:
        ours = isinstance(error, Exception)
        for one in group.changes:
            if not group.may_stand:
                one.turn = Turn.ALONE
            elif ours:
                one.fail(error)
            else:
                one.fail(UnavailableError("database_unavailable", detail="it was interrupted"))
        if not ours:  # Ctrl-C: it is the leader who is to end
            raise
    finally:
        group.leave()
        for one in group.changes[1:]:
            one.answer()


class _Group:
    def __init__(self, line: Line, first: Sequence[Waiting]) -> None:
        self.changes = list(first)
        first[0].turn = Turn.ANSWERED
        self._line = line
        self._leads = True
        self.may_stand = False
        """COMMIT was sent, and nobody knows that it failed: it must not be done once more."""

    def carry_out(self, connection: Connection) -> None:
        # 1. One after the other, each sees what those before it did.
        driver = driver_of(connection)
        ledger = PendingLedger(connection)
        stores = SqlStores(connection, writes=True, ledger=ledger)
        until, at = time.perf_counter() + _LASTED, 0
        while at < len(self.changes):
            _run(connection, driver, stores, ledger, self.changes[at])
            at += 1
            more = at == len(self.changes) and ledger.has_room and time.perf_counter() < until
            if more and (following := self._line.next()):
                self.changes.append(following)
        if ledger.spoilt:
            raise _TakenBackError
        # 2. While we append and wait for the disk, the next group can run.
        self.leave()
        # 3. One durable commit for all; that the connection broke before is noticed before.
        if driver.info.transaction_status == TransactionStatus.IDLE:
            connection.exec_driver_sql("SELECT 1")
        self.may_stand = True
        try:
            append_and_commit(connection, ledger.pending)
        except BaseException:
            self.may_stand = driver.info.transaction_status != TransactionStatus.INERROR
            raise

    def leave(self) -> None:
        """Hand the lead on, once."""
        if self._leads:
            self._leads = False
            self._line.leave(self.changes[0].led_until, len(self.changes))


def _run(
    connection: Connection,
    driver: Any,
    stores: SqlStores,
    ledger: "PendingLedger",
    change: Waiting,
) -> None:
    """Run one change; raise if it must be taken back.

    Nothing needs to be taken back from a change that fails before it wrote anything.
    """
    before = connection.info.get(_WRITTEN, 0)
    try:
        done = change.run(stores)
        if isinstance(done, Refused) and connection.info.get(_WRITTEN, 0) != before:
            raise _TakenBackError
        ledger.add(change.act, done.entries)
    except Exception as error:
        _require_transaction(driver)
        if connection.info.get(_WRITTEN, 0) != before:
            raise _TakenBackError from error
        change.fail(error)
        if isinstance(error, ConflictError) and error.code in PERHAPS_EARLIER:
            change.turn = Turn.ALONE  # after the others, whose rows it sees then
    else:
        _require_transaction(driver)
        change.keep(done)


def _require_transaction(driver: Any) -> None:
    """Raise if a statement failed, whatever the closure made of it: nothing can be committed."""
    if driver.info.transaction_status not in _SOUND:
        raise _TakenBackError


class PendingLedger(SqlLedger):
    """The ledger within a group: what was appended is kept until the commit, or until it is read.

    Once it was written the head row is locked, and everybody who appends elsewhere waits.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.pending: list[Appended] = []
        self.spoilt = False
        self.has_room = True

    def add(self, act: Act, drafts: Sequence[Draft]) -> None:
        """Append ``drafts`` as entries of ``act``; errors of their values only."""
        if drafts:
            self.pending.append(appended(act, drafts))
            self.has_room = self.has_room and sum(len(one.drafts) for one in self.pending) < _MOST

    @property
    def _connection(self) -> Connection:
        pending, self.pending = self.pending, []
        if pending:
            self.has_room, self.spoilt = False, True
            append(self._held, pending)
            self.spoilt = False
        return self._held
