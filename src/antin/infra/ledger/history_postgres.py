"""History from before, into PostgreSQL: by COPY.

Filling a ledger that is small goes without the indexes; all of it is one transaction, which makes
them again and keeps others out meanwhile.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from sqlalchemy import URL, create_engine, event, exc

from antin.core.clock import Clock, to_micros
from antin.core.errors import ForbiddenError, IntegrityError
from antin.infra.database_errors import translated
from antin.infra.sqlite_connections import driver_of
from antin.ledger.entry import SALT_BYTES
from antin.ledger.history import ACTION, Batch, Held, Known, Newest, fresh, placed

_SMALL: Final = 100_000
_TOGETHER: Final = 8
"""Batches in one COPY when a ledger is filled."""
_ENTRIES: Final = b"COPY ledger_entries FROM STDIN"
_PAYLOADS: Final = b"COPY ledger_payloads FROM STDIN"
_SIZE: Final = "SELECT size FROM ledger_head FOR UPDATE"
_GROW: Final = "UPDATE ledger_head SET size = %s"
_TIPS: Final = (
    "SELECT s.stream, t.n, t.leaf FROM unnest(%s::varchar[]) AS s (stream) CROSS JOIN LATERAL"
    " (SELECT n, leaf FROM ledger_entries e WHERE e.stream = s.stream ORDER BY n DESC LIMIT 1) t"
)
_ALL_TIPS: Final = (
    "SELECT DISTINCT ON (stream) stream, n, leaf FROM ledger_entries ORDER BY stream, n DESC"
)
_HELD: Final = (
    "SELECT e.request, e.stream, p.data FROM ledger_entries e"
    " LEFT JOIN ledger_payloads p ON p.leaf_index = e.leaf_index"
    " WHERE e.request = ANY(%s::varchar[]) AND e.ordinal = 0"
)
_INDEXES: Final = (
    "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
    " WHERE i.indrelid = 'ledger_entries'::regclass AND NOT i.indisprimary"
)


class PostgresHistory:
    """Implements :class:`antin.ledger.ports.HistoryLog`."""

    def __init__(self, url: URL, lock_timeout: float) -> None:
        self._engine = create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True)
        self._known = Known()

        @event.listens_for(self._engine, "connect")
        def prepare(connection: Any, record: object) -> None:
            del record
            connection.execute(f"SET lock_timeout = {max(int(lock_timeout * 1000), 1)}")
            connection.commit()

    def is_small(self, lines: int) -> bool:
        with self._transaction() as driver:
            return _size(driver) <= min(lines // 4, _SMALL)

    def fill(self, batches: Iterable[Batch], actor: str, clock: Clock) -> bool:
        with self._transaction() as driver:
            size = _size(driver)  # first, as everybody does who appends
            driver.execute("LOCK TABLE ledger_entries, ledger_payloads IN ACCESS EXCLUSIVE MODE")
            indexes = driver.execute(_INDEXES).fetchall()
            tips = _newest(driver.execute(_ALL_TIPS))
            for name, _ in indexes:
                driver.execute(f"DROP INDEX {name}")
            for together in _grouped(batches):
                size = _write(driver, together, tips, size, (actor, to_micros(clock.now())))
            driver.execute(_GROW, (size,))
            try:
                for _, sql in indexes:
                    driver.execute(sql)
            except psycopg.errors.UniqueViolation:
                driver.rollback()
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
            size = _size(driver)
            rest = fresh(batch, _there(driver, batch)) if look else batch
            tips = known.tips(size)
            if rest.count:
                streams = list(set(rest.streams.split("\n")) - tips.keys())
                tips |= _newest(driver.execute(_TIPS, (streams,))) if streams else {}
                after = _write(driver, [rest], tips, size, (actor, to_micros(clock.now())))
                driver.execute(_GROW, (after,))
        self._known = Known(size + rest.count, tips)
        return rest.count

    def close(self) -> None:
        """Close the connection."""
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


def _size(driver: Any) -> int:
    """Return the ledger's size; nobody else appends until the transaction ends."""
    row = driver.execute(_SIZE).fetchone()
    if row is None:
        raise IntegrityError("ledger_inconsistent", detail="its head row is missing")
    size: int = row[0]
    return size


def _newest(rows: Iterable[tuple[str, int, bytes]]) -> dict[str, Newest]:
    return {stream: Newest(n, leaf.hex()) for stream, n, leaf in rows}


def _there(driver: Any, batch: Batch) -> dict[str, Held]:
    """Return streams and facts of those requests of ``batch`` that are there."""
    rows = driver.execute(_HELD, (batch.requests.split("\n"),))
    return {request: (stream, data) for request, stream, data in rows}


def _grouped(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    group: list[Batch] = []
    for batch in batches:
        group.append(batch)
        if len(group) == _TOGETHER:
            yield group
            group = []
    if group:
        yield group


def _write(
    driver: Any, batches: list[Batch], tips: dict[str, Newest], index: int, act: tuple[str, int]
) -> int:
    """Write ``batches`` from ``index`` on; return the index after them."""
    entries, payloads = list[str](), list[str]()
    for batch in batches:
        index = _rows(batch, tips, index, act, entries, payloads)
    with driver.cursor() as cursor:
        for statement, rows in ((_ENTRIES, entries), (_PAYLOADS, payloads)):
            with cursor.copy(statement) as copy:
                copy.write("".join(rows).encode())
    return index


def _rows(
    batch: Batch,
    tips: dict[str, Newest],
    index: int,
    act: tuple[str, int],
    entries: list[str],
    payloads: list[str],
) -> int:
    r"""Add the lines of COPY for ``batch``; return the index after it.

    An entry's bytes are ASCII without a backslash, a payload's are text without an end of line;
    both stand there as they are, but that COPY, and then bytea, each halve a backslash.
    """
    actor, micros = act
    same = f"\t{micros}\t{actor}\t{ACTION}\t\\\\x"
    salts, at = batch.salts.hex(), 0
    for stream, n, prev, digest, request, data, leaf, payload in placed(batch, tips, actor, micros):
        before = f"\\\\x{prev}" if prev is not None else "\\N"
        entries.append(
            f"{index}\t{stream}\t{n}\t{before}{same}{digest}\t{request}\t0\t{data}\t\\\\x{leaf}\n"
        )
        if "\\" in payload:
            payload = payload.replace("\\", "\\\\\\\\")  # noqa: PLW2901 — the same, as COPY has it
        payloads.append(f"{index}\t\\\\x{salts[at : at + 2 * SALT_BYTES]}\t{payload}\n")
        index += 1
        at += 2 * SALT_BYTES
    return index
