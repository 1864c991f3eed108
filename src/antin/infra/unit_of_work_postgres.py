"""The unit of work on PostgreSQL: a lone change runs in its caller's own transaction.

READ COMMITTED with row locks: what a closure gets by id stays locked until it commits, and the
ledger's head row is locked last (order: record → head), so that transactions wait for each other
only while they append. A deadlock or a conflict with a transaction that committed in between is
met by running the closure again: it may run more than once.

Changes that wait for each other in one process go together (``infra/postgres_group.py``,
docs/adr/0022), and each by itself where that did not work.
"""

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc

from antin.core.errors import ConflictError, DefectError, UnavailableError
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.database_errors import sqlstate, translated
from antin.infra.ledger.append_postgres import append_and_commit, appended
from antin.infra.line import Line, Turn, Waiting
from antin.infra.migrations import require_current
from antin.infra.postgres_group import GROUPS, LOCK_WAIT, PERHAPS_EARLIER, carry_out, count_writes
from antin.infra.stores.all import SqlStores
from antin.infra.vacuum_postgres import vacuum_postgres
from antin.ledger.draft import Act, Draft

T = TypeVar("T")

ATTEMPTS: Final = 5
_RUN_AGAIN: Final = frozenset({"40001", "40P01"})
"""serialization_failure, deadlock_detected: the loser had no effect and may try again."""

_SILENT: Final = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Seconds, the last one milliseconds: a server whose machine vanished is given up after a minute.

By itself the system takes a quarter of an hour, or two hours where an answer is waited for.
"""


class PostgresUnitOfWork:
    """Implements :class:`antin.flows.unit_of_work.UnitOfWork`; safe to share between threads."""

    def __init__(self, url: URL, lock_timeout: float = 30.0, connections: int = 16) -> None:
        self._url = url
        self._milliseconds = max(int(lock_timeout * 1000), 1)
        self._engine = self._make_engine(connections, self._milliseconds, ping=True)
        # Of a connection that broke, a group notices that it did: it is tried in another way then.
        self._groups = self._make_engine(GROUPS, min(LOCK_WAIT, self._milliseconds), ping=False)
        count_writes(self._groups)
        self._closed = False
        self._begin()
        _ALL.add(self)

    def run(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> T:
        one = Waiting(act, change)
        self._come()
        try:
            result: T = self._in_turn(one)
        finally:
            self._go()
        return result

    def read(self, query: Callable[[Stores], T]) -> T:
        with translated(), self._engine.connect() as connection:
            snapshot = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            return query(SqlStores(snapshot, writes=False))

    def vacuum(self) -> tuple[str, ...]:
        return vacuum_postgres(self._engine, self._milliseconds / 1000)

    def require_current(self) -> None:
        """Raise ``database_unavailable`` unless the tables are up to date."""
        with translated(), self._engine.connect() as connection:
            require_current(connection)

    def close(self) -> None:
        """Carry out what waits, then close every connection; later changes are refused."""
        with self._guard:
            self._closed = True
            self._guard.wait_for(lambda: not self._inside, self._milliseconds / 1000)
        self._engine.dispose()
        self._groups.dispose()

    def _begin(self) -> None:
        self._line = Line()
        self._guard = threading.Condition()
        self._inside: set[int] = set()

    def _come(self) -> None:
        """Note that this thread has a change under way."""
        me = threading.get_ident()
        with self._guard:
            if me in self._inside:
                raise DefectError("defect", detail="a change was started inside a change")
            if self._closed:
                raise UnavailableError("database_unavailable", detail="it was closed")
            self._inside.add(me)

    def _go(self) -> None:
        with self._guard:
            self._inside.discard(threading.get_ident())
            if self._closed:
                self._guard.notify_all()

    def _in_turn(self, one: Waiting) -> Any:
        if threading.current_thread() is threading.main_thread():
            # Ctrl-C comes between any two steps of it: nobody else is to wait for what it leads.
            return self._alone(one)
        turn = self._line.enter(one)
        if turn is Turn.LEAD:
            following = self._line.next()
            if following is None and self._line.last == 1:
                # Who comes from now on waits until this one is done, and then goes together.
                try:
                    return self._alone(one)
                finally:
                    self._line.leave(one.led_until)
            carry_out(self._groups, self._line, *filter(None, (one, following)))
            turn = one.turn
        return self._alone(one) if turn is Turn.ALONE else one.result()

    def _alone(self, one: Waiting) -> Any:
        with translated():
            outcome = self._attempt(one.act, one.run)
            if isinstance(outcome, Done):
                return outcome.value
            # The business rows are rolled back; that it was refused is what happened.
            self._note(one.act, outcome.entries)
        raise outcome.error

    def _attempt(
        self, act: Act, change: Callable[[Stores], Done[T] | Refused]
    ) -> Done[T] | Refused:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(act, change)
            except ConflictError as error:
                # Perhaps with a row that was committed only after the closure had looked for it:
                # the second time it sees the row, and answers as if it had come later.
                if error.code not in PERHAPS_EARLIER or attempt > 1:
                    raise
            except exc.DBAPIError as error:
                if sqlstate(error) not in _RUN_AGAIN or attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _once(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> Done[T] | Refused:
        with self._engine.connect() as connection:
            outcome = change(SqlStores(connection, writes=True))
            if isinstance(outcome, Done):
                _append(connection, act, outcome.entries)
        return outcome  # a refusal's rows were rolled back with the connection's return

    def _note(self, act: Act, entries: tuple[Draft, ...]) -> None:
        """Commit ``entries`` alone."""
        with self._engine.connect() as connection:
            _append(connection, act, entries)

    def _make_engine(self, connections: int, milliseconds: int, *, ping: bool) -> Engine:
        engine = create_engine(
            self._url,
            isolation_level="READ COMMITTED",
            pool_size=connections,
            max_overflow=0,
            pool_timeout=milliseconds / 1000,
            pool_pre_ping=ping,
            connect_args={
                **{name: value for name, value in _SILENT.items() if name not in self._url.query},
                "connect_timeout": 10,
                "options": f"-c lock_timeout={milliseconds} -c timezone=UTC",
            },
        )
        event.listen(engine, "connect", _wait_for_the_disk)
        return engine

    def _after_fork(self) -> None:
        """Leave the parent's connections alone in a forked child, and open others."""
        self._engine.dispose(close=False)
        self._groups.dispose(close=False)
        self._begin()


def _append(connection: Connection, act: Act, drafts: tuple[Draft, ...]) -> None:
    append_and_commit(connection, [appended(act, drafts)] if drafts else [])


def _wait_for_the_disk(connection: Any, record: object) -> None:
    """Let commits wait until they are durable, also where the server is set not to.

    A stricter setting, that replicas have them, too, stays.
    """
    del record
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()


_ALL: Final[weakref.WeakSet[PostgresUnitOfWork]] = weakref.WeakSet()


def _after_fork() -> None:
    for one in tuple(_ALL):
        one._after_fork()  # noqa: SLF001 — the module's own hook


os.register_at_fork(after_in_child=_after_fork)
