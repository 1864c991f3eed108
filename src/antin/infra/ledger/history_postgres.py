"""History from before, into PostgreSQL: by COPY, in its binary form.

Filling a ledger that is small goes without the indexes and keys; all of it is one transaction,
which makes them again and keeps others out meanwhile.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from sqlalchemy import URL, create_engine, event, exc

from antin.core.errors import ForbiddenError, IntegrityError
from antin.infra.database_errors import translated
from antin.infra.ledger.history_log import BatchLog
from antin.infra.ledger.rows_postgres import Copied, Copying
from antin.infra.sqlite_connections import driver_of
from antin.ledger.history import Batch, Held, Newest, Placing

_TABLES: Final = ("ledger_entries", "ledger_payloads")
_COPY: Final = tuple(f"COPY {table} FROM STDIN (FORMAT binary)".encode() for table in _TABLES)
_TIPS: Final = (
    "SELECT s.stream, t.n, t.leaf FROM unnest(%s::varchar[]) AS s (stream) CROSS JOIN LATERAL"
    " (SELECT n, leaf FROM ledger_entries e WHERE e.stream = s.stream ORDER BY n DESC LIMIT 1) t"
)
_HELD: Final = (
    "SELECT e.request, e.stream, p.data FROM ledger_entries e"
    " LEFT JOIN ledger_payloads p ON p.leaf_index = e.leaf_index"
    " WHERE e.request = ANY(%s::varchar[]) AND e.ordinal = 0"
)
_KEYS: Final = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'p' AND conrelid IN ('ledger_entries'::regclass, 'ledger_payloads'::regclass)"
)
_INDEXES: Final = (
    "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
    " WHERE i.indrelid = 'ledger_entries'::regclass AND NOT i.indisprimary"
)


class PostgresHistory(BatchLog):
    """Implements :class:`antin.ledger.ports.HistoryLog`."""

    _SIZE = "SELECT size FROM ledger_head FOR UPDATE"
    _GROW = "UPDATE ledger_head SET size = %s WHERE size = %s"
    _ALL_TIPS = (
        "SELECT DISTINCT ON (stream) stream, n, leaf FROM ledger_entries ORDER BY stream, n DESC"
    )
    _SINCE = (
        "SELECT stream, n, leaf FROM ledger_entries WHERE leaf_index >= %s"
        " ORDER BY leaf_index LIMIT %s"
    )

    def __init__(self, url: URL, lock_timeout: float) -> None:
        super().__init__()
        self._engine = create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True)

        @event.listens_for(self._engine, "connect")
        def prepare(connection: Any, record: object) -> None:
            del record
            connection.execute(f"SET lock_timeout = {max(int(lock_timeout * 1000), 1)}")
            connection.commit()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        with translated(), self._engine.connect() as connection:
            driver = driver_of(connection)
            try:
                yield driver
                driver.commit()
            except psycopg.errors.InsufficientPrivilege as error:
                raise ForbiddenError("history_needs_owner") from error
            except psycopg.errors.UniqueViolation as error:
                detail = "the place of an entry is taken"
                raise IntegrityError("ledger_inconsistent", detail=detail) from error
            except psycopg.Error as error:
                raise exc.DBAPIError.instance(
                    None, None, error, psycopg.Error, hide_parameters=True
                ) from error

    def _newest(self, driver: Any, streams: Iterable[str]) -> dict[str, Newest]:
        if not (names := list(streams)):
            return {}
        return {stream: (n, leaf) for stream, n, leaf in driver.execute(_TIPS, (names,))}

    def _there(self, driver: Any, batch: Batch) -> dict[str, Held]:
        rows = driver.execute(_HELD, (list(batch.requests),))
        return {request: (stream, data) for request, stream, data in rows}

    def _rows(self, placing: Placing) -> Copying:
        return Copying(placing)

    def _write(self, driver: Any, rows: Copied) -> None:
        with driver.cursor() as cursor:
            for statement, these in zip(_COPY, (rows.entries, rows.payloads), strict=True):
                with cursor.copy(statement) as copy:
                    copy.write(these)

    def _put_aside(self, driver: Any) -> list[str]:
        driver.execute(f"LOCK TABLE {', '.join(_TABLES)} IN ACCESS EXCLUSIVE MODE")
        keys = driver.execute(_KEYS).fetchall()
        indexes = driver.execute(_INDEXES).fetchall()
        for table, name, _ in keys:
            driver.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            driver.execute(f"DROP INDEX {name}")
        again = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {what}" for table, name, what in keys]
        return again + [sql for _, sql in indexes]

    def _put_back(self, driver: Any, aside: list[str]) -> bool:
        try:
            for sql in aside:
                driver.execute(sql)
        except psycopg.errors.UniqueViolation as error:
            if (error.diag.constraint_name or "").endswith("_pkey"):
                raise
            driver.rollback()
            return False
        return True
