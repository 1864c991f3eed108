"""The unit of work on PostgreSQL: a change runs in its caller's own transaction.

READ COMMITTED with row locks: what a closure gets by id stays locked until it commits, and the
ledger's head row is locked last (order: record → head), so that transactions wait for each other
only while they append. A deadlock or a conflict with a transaction that committed in between is
met by running the closure again: it may run more than once.
"""

import os
import weakref
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, exc

from antin.core.errors import ConflictError
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.database_errors import sqlstate, translated
from antin.infra.ledger.append_postgres import append_and_commit
from antin.infra.migrations import require_current
from antin.infra.stores.all import SqlStores
from antin.infra.vacuum_postgres import vacuum_postgres
from antin.ledger.draft import Act, Draft

T = TypeVar("T")

ATTEMPTS: Final = 5
_RUN_AGAIN: Final = frozenset({"40001", "40P01"})
"""serialization_failure, deadlock_detected: the loser had no effect and may try again."""
_PERHAPS_EARLIER: Final = frozenset({"already_exists", "version_conflict"})


class PostgresUnitOfWork:
    """Implements :class:`antin.flows.unit_of_work.UnitOfWork`; safe to share between threads."""

    def __init__(self, url: URL, lock_timeout: float = 30.0, connections: int = 16) -> None:
        self._url = url
        self._milliseconds = max(int(lock_timeout * 1000), 1)
        self._connections = connections
        self._engine = self._make_engine()
        _ALL.add(self)

    def run(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> T:
        with translated():
            outcome = self._attempt(act, change)
            if isinstance(outcome, Done):
                return outcome.value
            # The business rows are rolled back; that it was refused is what happened.
            self._note(act, outcome.entries)
        raise outcome.error

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
        """Close every connection."""
        self._engine.dispose()

    def _attempt(
        self, act: Act, change: Callable[[Stores], Done[T] | Refused]
    ) -> Done[T] | Refused:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(act, change)
            except ConflictError as error:
                # Perhaps with a row that was committed only after the closure had looked for it:
                # the second time it sees the row, and answers as if it had come later.
                if error.code not in _PERHAPS_EARLIER or attempt > 1:
                    raise
            except exc.DBAPIError as error:
                if sqlstate(error) not in _RUN_AGAIN or attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _once(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> Done[T] | Refused:
        with self._engine.connect() as connection:
            outcome = change(SqlStores(connection, writes=True))
            if isinstance(outcome, Done):
                append_and_commit(connection, act, outcome.entries)
        return outcome  # a refusal's rows were rolled back with the connection's return

    def _note(self, act: Act, entries: tuple[Draft, ...]) -> None:
        """Commit ``entries`` alone."""
        with self._engine.connect() as connection:
            append_and_commit(connection, act, entries)

    def _make_engine(self) -> Engine:
        engine = create_engine(
            self._url,
            isolation_level="READ COMMITTED",
            pool_size=self._connections,
            max_overflow=0,
            pool_timeout=self._milliseconds / 1000,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                "options": f"-c lock_timeout={self._milliseconds} -c timezone=UTC",
            },
        )
        event.listen(engine, "connect", _wait_for_the_disk)
        return engine

    def _after_fork(self) -> None:
        """Leave the parent's connections alone in a forked child, and open others."""
        self._engine.dispose(close=False)


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
