"""The ledger in SQL: reading, and what is kept beside the entries."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    delete,
    exc,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from antin.core.errors import ConflictError, IntegrityError, RefusedError
from antin.infra.database_errors import sqlstate
from antin.infra.ledger.tables import (
    ledger_checkpoints,
    ledger_cosignatures,
    ledger_entries,
    ledger_head,
    ledger_nodes,
    ledger_payloads,
    ledger_timestamps,
)
from antin.ledger.ports import (
    Cosignature,
    EntryFilter,
    EntryRow,
    Payload,
    StoredCheckpoint,
    TileRoot,
    Timestamp,
)
from antin.ledger.tree.merkle import HASH_BYTES

_NO_RIGHT = "42501"
"""insufficient_privilege: the service's role appends by a function, and does nothing else."""
_CHUNK = 1000
"""Rows per statement when many are read: memory stays bounded whatever the driver buffers."""
_NO_END = 2**63 - 1


class SqlLedger:
    """Implements :class:`antin.ledger.ports.LedgerStore`."""

    def __init__(self, connection: Connection) -> None:
        self._held = connection

    @property
    def _connection(self) -> Connection:
        return self._held

    def size(self) -> int:
        size: int = self._connection.execute(select(ledger_head.c.size)).scalar_one()
        return size

    def entries(self, start: int, stop: int) -> Iterator[EntryRow]:
        statement = select(ledger_entries)
        return map(_entry, self._in_order(statement, ledger_entries.c.leaf_index, start, stop))

    def matching(self, start: int, stop: int, wanted: EntryFilter) -> tuple[EntryRow, ...]:
        index = ledger_entries.c.leaf_index
        statement = select(ledger_entries).where(index >= start, index < stop, *_conditions(wanted))
        return tuple(_entry(row) for row in self._mappings(statement.order_by(index)))

    def of_stream(self, stream: str, start: int = 0, limit: int = 1000) -> tuple[EntryRow, ...]:
        columns = ledger_entries.c
        statement = select(ledger_entries).where(columns.stream == stream, columns.n >= start)
        rows = self._mappings(statement.order_by(columns.n).limit(max(limit, 0)))
        return tuple(_entry(row) for row in rows)

    def of_request(self, request: str, limit: int = 1000) -> tuple[EntryRow, ...]:
        columns = ledger_entries.c
        statement = select(ledger_entries).where(columns.request == request)
        rows = self._mappings(statement.order_by(columns.ordinal).limit(max(limit, 0)))
        return tuple(_entry(row) for row in rows)

    def tip(self, stream: str) -> EntryRow | None:
        columns = ledger_entries.c
        statement = select(ledger_entries).where(columns.stream == stream)
        rows = self._mappings(statement.order_by(columns.n.desc()).limit(1))
        return _entry(rows[0]) if rows else None

    def payload(self, index: int) -> Payload | None:
        return next((payload for _, payload in self.payloads(index, index + 1)), None)

    def payloads(self, start: int, stop: int) -> Iterator[tuple[int, Payload]]:
        index = ledger_payloads.c.leaf_index
        for row in self._in_order(select(ledger_payloads), index, start, stop):
            yield row["leaf_index"], Payload(row["salt"], row["data"])

    def erase_payloads(self, indexes: Collection[int]) -> None:
        """Delete salts and facts; ``version_conflict`` where somebody else was quicker."""
        wanted = sorted(set(indexes))
        for chunk in (wanted[at : at + _CHUNK] for at in range(0, len(wanted), _CHUNK)):
            gone = delete(ledger_payloads).where(ledger_payloads.c.leaf_index.in_(chunk))
            if self._connection.execute(gone).rowcount != len(chunk):
                raise ConflictError("version_conflict")

    def leaves(self, start: int, stop: int) -> Iterator[bytes]:
        columns = ledger_entries.c
        statement = select(columns.leaf_index, columns.leaf)
        # A proof reads more than a thousand of them: by place, a tenth of the time of by name.
        return (row[1] for row in self._by_key(statement, columns.leaf_index, start, stop))

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        size = ledger_checkpoints.c.size
        rows = self._mappings(select(ledger_checkpoints).order_by(size.desc()).limit(1))
        return _checkpoint(rows[0]) if rows else None

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        statement = select(ledger_checkpoints)
        return map(_checkpoint, self._in_order(statement, ledger_checkpoints.c.size, 0, _NO_END))

    def add_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        """Keep a signed checkpoint; ``already_exists`` if one of its size is kept."""
        held = select(ledger_checkpoints.c.size).where(ledger_checkpoints.c.size == checkpoint.size)
        row = {**asdict(checkpoint), "frontier": b"".join(checkpoint.frontier)}
        self._add(ledger_checkpoints, row, held, f"a checkpoint of {checkpoint.size} entries")

    def tile_roots(self, level: int, start: int, stop: int) -> Iterator[TileRoot]:
        node = ledger_nodes.c.node
        statement = select(node, ledger_nodes.c.hash).where(ledger_nodes.c.level == level)
        rows = self._by_key(statement, node, start, stop)
        return (TileRoot(level, row[0], row[1]) for row in rows)

    def newest_tile_root(self, level: int) -> TileRoot | None:
        statement = select(ledger_nodes).where(ledger_nodes.c.level == level)
        rows = self._mappings(statement.order_by(ledger_nodes.c.node.desc()).limit(1))
        return _tile_root(rows[0]) if rows else None

    def add_tile_roots(self, roots: Sequence[TileRoot]) -> None:
        """Keep those that are not kept yet: another process may be at the same tiles."""
        if not roots:
            return
        on_sqlite = self._connection.dialect.name == "sqlite"
        statement = (sqlite if on_sqlite else postgresql).insert(ledger_nodes)
        rows = [{"level": one.level, "node": one.index, "hash": one.hash} for one in roots]
        self._connection.execute(statement.on_conflict_do_nothing(), rows)

    def checkpoint(self, size: int) -> StoredCheckpoint | None:
        statement = select(ledger_checkpoints).where(ledger_checkpoints.c.size == size)
        rows = self._mappings(statement)
        return _checkpoint(rows[0]) if rows else None

    def cosignatures(self, start: int, stop: int) -> tuple[Cosignature, ...]:
        columns = ledger_cosignatures.c
        statement = select(ledger_cosignatures).where(columns.size >= start, columns.size < stop)
        rows = self._mappings(statement.order_by(columns.size, columns.witness))
        return tuple(Cosignature(**row) for row in rows)

    def last_index(self) -> int | None:
        return self._largest(ledger_entries.c.leaf_index)

    def largest_cosigned(self) -> int | None:
        return self._largest(ledger_cosignatures.c.size)

    def _largest(self, column: Column[int]) -> int | None:
        found: int | None = self._connection.execute(select(func.max(column))).scalar_one()
        return found

    def bring_back(self, entries: Sequence[tuple[EntryRow, Payload | None]]) -> None:
        """Put entries back behind the newest; on PostgreSQL only who owns the tables may do it."""
        if not entries:
            return
        first, size = entries[0][0].index, entries[-1][0].index + 1
        rows = [_entry_row(row) for row, _ in entries]
        facts = [
            {"leaf_index": row.index, **vars(payload)}
            for row, payload in entries
            if payload is not None
        ]
        grow = update(ledger_head).where(ledger_head.c.size == first).values(size=size)
        try:
            if self._connection.execute(grow).rowcount != 1:
                raise IntegrityError("ledger_inconsistent", detail="its head row is not as it was")
            self._connection.execute(insert(ledger_entries), rows)
        except exc.ProgrammingError as error:
            if sqlstate(error) != _NO_RIGHT:
                raise
            raise RefusedError("recovery_needs_owner") from error
        except exc.IntegrityError as error:
            detail = f"the place of entry {first} or of one after it is taken"
            raise IntegrityError("ledger_inconsistent", detail=detail) from error
        if facts:
            self._connection.execute(insert(ledger_payloads), facts)

    def cosigned(self, witness: str) -> int | None:
        columns = ledger_cosignatures.c
        statement = select(func.max(columns.size)).where(columns.witness == witness)
        size: int | None = self._connection.execute(statement).scalar_one()
        return size

    def timestamps(self, start: int, stop: int) -> tuple[Timestamp, ...]:
        columns = ledger_timestamps.c
        statement = select(ledger_timestamps).where(columns.size >= start, columns.size < stop)
        rows = self._mappings(statement.order_by(columns.size, columns.number))
        return tuple(Timestamp(**row) for row in rows)

    def first_timestamp(self, size: int) -> Timestamp | None:
        columns = ledger_timestamps.c
        statement = select(ledger_timestamps).where(columns.size >= size)
        rows = self._mappings(statement.order_by(columns.size, columns.number).limit(1))
        return Timestamp(**rows[0]) if rows else None

    def newest_timestamp(self) -> Timestamp | None:
        columns = ledger_timestamps.c
        newest = select(ledger_timestamps).order_by(columns.size.desc(), columns.number).limit(1)
        rows = self._mappings(newest)
        return Timestamp(**rows[0]) if rows else None

    def add_timestamp(self, timestamp: Timestamp) -> None:
        held = select(ledger_timestamps.c.size).filter_by(
            size=timestamp.size, number=timestamp.number
        )
        self._add(ledger_timestamps, asdict(timestamp), held, "a time-stamp of a checkpoint")

    def add_cosignature(self, cosignature: Cosignature) -> None:
        held = select(ledger_cosignatures.c.size).filter_by(
            size=cosignature.size, witness=cosignature.witness
        )
        what = f"a cosignature of {cosignature.witness}"
        self._add(ledger_cosignatures, asdict(cosignature), held, what)

    def _add(self, table: Table, row: dict[str, Any], held: Select[Any], what: str) -> None:
        """Insert ``row`` unless ``held`` finds it; ``already_exists`` if it is there already."""
        taken = ConflictError("already_exists", what=what)
        if self._connection.execute(held).one_or_none() is not None:
            raise taken
        try:
            self._connection.execute(insert(table), row)
        except exc.IntegrityError as error:
            raise taken from error

    def _in_order(
        self, statement: Select[Any], key: Column[int], start: int, stop: int
    ) -> Iterator[RowMapping]:
        """Yield rows by ``key`` from ``start`` up to before ``stop``, a chunk a statement."""
        while start < stop:
            chunk = statement.where(key >= start, key < stop).order_by(key).limit(_CHUNK)
            rows = self._mappings(chunk)
            yield from rows
            if len(rows) < _CHUNK:
                return
            start = rows[-1][key.name] + 1

    def _by_key(
        self, statement: Select[Any], key: Column[int], start: int, stop: int
    ) -> Iterator[Sequence[Any]]:
        """Yield rows as :meth:`_in_order` does, of which ``key`` is the first column."""
        while start < stop:
            chunk = statement.where(key >= start, key < stop).order_by(key).limit(_CHUNK)
            rows = self._connection.execute(chunk).all()
            yield from rows
            if len(rows) < _CHUNK:
                return
            start = rows[-1][0] + 1

    def _mappings(self, statement: Any) -> Sequence[RowMapping]:
        return self._connection.execute(statement).mappings().all()


def _conditions(wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    columns = ledger_entries.c
    if wanted.actor is not None:
        yield columns.actor == wanted.actor
    if wanted.action:
        yield columns.action.startswith(wanted.action, autoescape=True)
    if wanted.since is not None:
        yield columns.micros >= wanted.since
    if wanted.until is not None:
        yield columns.micros < wanted.until


def _entry_row(row: EntryRow) -> dict[str, Any]:
    fields = dict(vars(row))
    return {"leaf_index": fields.pop("index"), **fields}


def _entry(row: RowMapping) -> EntryRow:
    fields: dict[str, Any] = dict(row)
    return EntryRow(index=fields.pop("leaf_index"), **fields)


def _checkpoint(row: RowMapping) -> StoredCheckpoint:
    joined: bytes = row["frontier"]
    frontier = tuple(
        joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)
    )
    fields: dict[str, Any] = dict(row)
    return StoredCheckpoint(**{**fields, "frontier": frontier})


def _tile_root(row: RowMapping) -> TileRoot:
    return TileRoot(row["level"], row["node"], row["hash"])
