"""Appending to the ledger on PostgreSQL: entries, commit and durability in one round trip.

The function ``ledger_append`` holds the head row's lock until its transaction ends. So that nobody
waits for a disk while holding it, the transaction commits without waiting for its own write-ahead
log, and a second one, which writes a message there and nothing else, waits for both: the log is
written in order. Whoever appended is answered after that. What others may read in between is
lost together with whatever they make of it, should the server stop (docs/adr/0017).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, exc

from antin.core.errors import ConflictError, DefectError, IntegrityError
from antin.infra.sqlite_connections import driver_of
from antin.ledger.draft import Act, Draft
from antin.ledger.log import Placed, Tip, payloads_of, place_with
from antin.ledger.ports import Payload

_PLAIN: Final = re.compile(r"[A-Za-z0-9._:/-]*")
"""Every text of an entry is of these characters: what is not has no place in a statement either."""
_OF_REQUEST: Final = "ledger_entries_request_ordinal"
_NO_HEAD, _NO_PLACE, _TAKEN = "AL002", "AL003", "23505"
"""SQLSTATEs: two of the function's own (migration 0006), and unique_violation."""


class Appended(NamedTuple):
    """What one change appends, checked as far as that is possible before it is placed."""

    act: Act
    drafts: Sequence[Draft]
    payloads: Sequence[Payload]
    call: str
    """The call of ``ledger_append`` that does it."""


def appended(act: Act, drafts: Sequence[Draft]) -> Appended:
    """Return ``drafts``, at least one, as they are appended.

    Errors: ``json_malformed`` for a payload that is not canonical, ``defect``.
    """
    payloads = payloads_of(act, drafts)
    values = (
        _text(act.actor),
        _text(act.request),
        f"{act.micros:d}",
        _array(_plain(draft.stream) for draft in drafts),
        _array(_plain(draft.action) for draft in drafts),
        _array(_octets(payload.salt) for payload in payloads),
        _array(_octets(payload.data) for payload in payloads),
    )
    # Nothing in here is foreign text: plain characters, digits, hexadecimal.
    return Appended(act, drafts, payloads, f"SELECT ledger_append({','.join(values)})")


def append(connection: Connection, changes: Sequence[Appended]) -> None:
    """Append in the order of ``changes``, and hold the head row until the transaction ends.

    Errors: ``already_exists`` when an act has entries already, ``ledger_inconsistent``.
    """
    if changes:
        _run(driver_of(connection), changes, [one.call for one in changes])


def append_and_commit(connection: Connection, changes: Sequence[Appended]) -> None:
    """Append, commit the transaction, wait until it is durable.

    Errors as above; with ``ledger_inconsistent`` it may have been committed.
    """
    if not changes:
        # A COMMIT after a statement that failed rolls back, and says so to nobody.
        if driver_of(connection).info.transaction_status == TransactionStatus.INERROR:
            raise DefectError("defect", detail="a change went on after a statement failed")
        connection.commit()
        return
    *calls, last = [one.call for one in changes]
    statements = (
        *calls,
        f"{last}, set_config('synchronous_commit', 'off', true)",
        "COMMIT",
        "SELECT pg_logical_emit_message(true, 'antin', '')",
    )
    _run(driver_of(connection), changes, statements)


def _run(driver: Any, changes: Sequence[Appended], statements: Iterable[str]) -> None:
    """Send ``statements``, of which the first ones append ``changes``, in one message."""
    try:
        cursor = driver.execute("; ".join(statements), prepare=False)
    except psycopg.Error as error:
        raise _error_of(error, changes) from error
    for change in changes:
        _require_same(change, cursor.fetchone()[0])
        cursor.nextset()


def _require_same(change: Appended, answer: str) -> None:
    """Place the entries that the server placed, so that the two can't disagree unseen."""
    size, tips, leaves = _read(answer, change.drafts)
    placed = place_with(change.payloads, change.act, change.drafts, size, tips)
    if [one.row.leaf for one in placed] != leaves:
        raise _other_entries(placed)


def _error_of(error: psycopg.Error, changes: Sequence[Appended]) -> BaseException:
    if error.sqlstate == _TAKEN and error.diag.constraint_name == _OF_REQUEST:
        requests = ", ".join(one.act.request for one in changes)
        return ConflictError("already_exists", what=f"a ledger entry of request {requests}")
    if error.sqlstate == _TAKEN:
        return IntegrityError("ledger_inconsistent", detail="the place of an entry is taken")
    if error.sqlstate == _NO_HEAD:
        return IntegrityError("ledger_inconsistent", detail="its head row is missing")
    if error.sqlstate == _NO_PLACE:
        return DefectError("defect", detail="ledger entry: a value has no place in one")
    return _as_sqlalchemy(error)


def _as_sqlalchemy(error: psycopg.Error) -> exc.StatementError:
    """Return ``error`` as SQLAlchemy would raise it: one road for what a database says."""
    return exc.DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True)


def _read(answer: str, drafts: Sequence[Draft]) -> tuple[int, dict[str, Tip], list[bytes]]:
    """Return the size before, the tips before, and the leaf hashes, as the server told them.

    Its form: ``INDEX N:PREV:LEAF N:PREV:LEAF …``, hashes in hexadecimal, no PREV for the first
    entry of a stream.
    """
    first, *told = answer.split(" ")
    tips: dict[str, Tip] = {}
    seen = set()
    leaves = []
    for draft, one in zip(drafts, told, strict=True):
        number, prev, leaf = one.split(":")
        if draft.stream not in seen and prev:
            tips[draft.stream] = Tip(int(number) - 1, bytes.fromhex(prev))
        seen.add(draft.stream)
        leaves.append(bytes.fromhex(leaf))
    return int(first), tips, leaves


def _other_entries(placed: Sequence[Placed]) -> IntegrityError:
    index = placed[0].row.index
    detail = f"the database made other entries from {index} on than they should be"
    return IntegrityError("ledger_inconsistent", detail=detail)


def _plain(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise DefectError("defect", detail="ledger entry: a value has no place in one")
    return f'"{text}"'


def _text(text: str) -> str:
    return f"'{_plain(text)[1:-1]}'"


def _octets(data: bytes) -> str:
    return f'"\\\\x{data.hex()}"'


def _array(elements: Iterable[str]) -> str:
    return f"'{{{','.join(elements)}}}'"
