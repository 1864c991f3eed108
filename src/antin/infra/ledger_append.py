"""Appending to the ledger on PostgreSQL, as the last thing a transaction does.

The hot path: statements are built once, and one executemany writes all entries of a change. On
SQLite changes come in groups: :mod:`antin.infra.ledger_group`.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, exc, insert, select, update

from antin.core.errors import ConflictError, IntegrityError
from antin.infra.ledger_tables import ledger_entries, ledger_head, ledger_payloads
from antin.ledger.draft import Act, Draft
from antin.ledger.log import Placed, Tip, place

_entries = ledger_entries.c
_GROW: Final = (
    update(ledger_head)
    .values(size=ledger_head.c.size + bindparam("count"))
    .returning(ledger_head.c.size)
)
_OF_REQUEST: Final = (
    select(_entries.leaf_index).where(_entries.request == bindparam("request")).limit(1)
)
_TIP: Final = (
    select(_entries.n, _entries.leaf)
    .where(_entries.stream == bindparam("stream"))
    .order_by(_entries.n.desc())
    .limit(1)
)
_ADD_ENTRY: Final = insert(ledger_entries)
_ADD_PAYLOAD: Final = insert(ledger_payloads)


def append(connection: Connection, act: Act, drafts: Sequence[Draft]) -> None:
    """Append ``drafts`` as entries of ``act``.

    Errors: ``already_exists`` when the act has entries already, ``ledger_inconsistent``.
    """
    if not drafts:
        return
    rows = _CoreRows(connection)
    # 1. The head row's lock makes this transaction the only one that appends until it ends, so
    #    indexes follow the order of commits and have no gap.
    size = rows.grow(len(drafts))
    if size is None:
        raise IntegrityError("ledger_inconsistent", detail="its head row is missing")
    # 2. A request appends once: a retry is the same entries, never more of them.
    if rows.has_request(act.request):
        raise ConflictError("already_exists", what=f"a ledger entry of request {act.request}")
    # 3. Chained to the tips as they are now that nobody else can move them.
    streams = dict.fromkeys(draft.stream for draft in drafts)
    tips = {stream: tip for stream in streams if (tip := rows.tip(stream))}
    placed = place(act, drafts, size - len(drafts), tips)
    try:
        rows.write(placed)
    except exc.IntegrityError as error:
        detail = f"the place of entry {placed[0].row.index} is taken"
        raise IntegrityError("ledger_inconsistent", detail=detail) from error


class _CoreRows:
    """How the database is reached: by SQLAlchemy."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def grow(self, count: int) -> int | None:
        size: int | None = self._connection.execute(_GROW, {"count": count}).scalar_one_or_none()
        return size

    def has_request(self, request: str) -> bool:
        found = self._connection.execute(_OF_REQUEST, {"request": request})
        return found.one_or_none() is not None

    def tip(self, stream: str) -> Tip | None:
        row = self._connection.execute(_TIP, {"stream": stream}).one_or_none()
        return Tip(*row) if row else None

    def write(self, placed: Sequence[Placed]) -> None:
        self._connection.execute(_ADD_ENTRY, [_entry_row(one) for one in placed])
        self._connection.execute(_ADD_PAYLOAD, [_payload_row(one) for one in placed])


_ENTRY_COLUMNS: Final = tuple(ledger_entries.c.keys())


def _entry_row(placed: Placed) -> dict[str, Any]:
    """Return an entry by the names of its columns, in their order (a test compares)."""
    return dict(zip(_ENTRY_COLUMNS, vars(placed.row).values(), strict=True))


def _payload_row(placed: Placed) -> dict[str, Any]:
    return {"leaf_index": placed.row.index, **vars(placed.payload)}
