"""Connections to a SQLite file: durable, checked, transactions begun and ended by us."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # NORMAL can lose acknowledged commits on power loss
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA wal_autocheckpoint=8000",  # pages: what many commits write again is copied once
)


def writing_engine(path: Path, busy_seconds: float) -> Engine:
    """Return an engine for the one connection that writes."""
    return _engine(path, busy_seconds, _PRAGMAS, poolclass=NullPool)


def reading_engine(path: Path, busy_seconds: float) -> Engine:
    """Return an engine whose connections can't change anything; as many as there are readers."""
    pragmas = (*_PRAGMAS, "PRAGMA query_only=ON")
    return _engine(path, busy_seconds, pragmas, poolclass=QueuePool, pool_size=8, max_overflow=-1)


def _engine(path: Path, busy_seconds: float, pragmas: tuple[str, ...], **pool: Any) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        isolation_level="AUTOCOMMIT",  # BEGIN, SAVEPOINT and COMMIT are ours to say
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        **pool,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        del record
        for pragma in pragmas:
            connection.execute(pragma).close()

    return engine


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one consistent state, and let it go afterwards."""
    with engine.connect() as connection:
        driver = driver_of(connection)
        driver.execute("BEGIN DEFERRED").close()
        try:
            yield connection
        finally:
            # One that Ctrl-C interrupted in a statement was thrown away, and its transaction too.
            if not connection.invalidated and driver.in_transaction:
                driver.execute("ROLLBACK").close()


def driver_of(connection: Connection) -> Any:
    """Return the sqlite3 connection underneath: the hot path's statements run there."""
    return connection.connection.driver_connection


def make_private(path: Path) -> None:
    """Create the database file, readable by its owner only; SQLite's side files follow it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
