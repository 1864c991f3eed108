"""Appending to the ledger in SQL, as the last thing a transaction does.

The hot path: statements are built once, and one executemany writes all entries of a change.
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
    # 1. The head row's lock makes this transaction the only one that appends until it ends, so
    #    indexes follow the order of commits and have no gap.
    size = _reserve(connection, len(drafts))
    # 2. A request appends once: a retry is the same entries, never more of them.
    if connection.execute(_OF_REQUEST, {"request": act.request}).one_or_none() is not None:
        raise ConflictError("already_exists", what=f"a ledger entry of request {act.request}")
    # 3. Chained to the tips as they are now that nobody else can move them.
    streams = dict.fromkeys(draft.stream for draft in drafts)
    tips = {stream: tip for stream in streams if (tip := _tip(connection, stream))}
    _write(connection, place(act, drafts, size, tips))


def _reserve(connection: Connection, count: int) -> int:
    size: int | None = connection.execute(_GROW, {"count": count}).scalar_one_or_none()
    if size is None:
        raise IntegrityError("ledger_inconsistent", detail="its head row is missing")
    return size - count


def _tip(connection: Connection, stream: str) -> Tip | None:
    row = connection.execute(_TIP, {"stream": stream}).one_or_none()
    return Tip(row.n, row.leaf) if row else None


def _write(connection: Connection, placed: Sequence[Placed]) -> None:
    try:
        connection.execute(_ADD_ENTRY, [_entry_row(one) for one in placed])
        connection.execute(_ADD_PAYLOAD, [_payload_row(one) for one in placed])
    except exc.IntegrityError as error:
        detail = f"the place of entry {placed[0].row.index} is taken"
        raise IntegrityError("ledger_inconsistent", detail=detail) from error


def _entry_row(placed: Placed) -> dict[str, Any]:
    row = dict(vars(placed.row))
    row["leaf_index"] = row.pop("index")
    return row


def _payload_row(placed: Placed) -> dict[str, Any]:
    return {"leaf_index": placed.row.index, **vars(placed.payload)}
