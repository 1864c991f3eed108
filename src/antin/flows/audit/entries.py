"""What the ledger holds, for those who may see it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import RefusedError
from antin.flows.audit.seeing import LOOKED_AT, READERS, Viewer, may_read
from antin.flows.lookups import find_document, find_record
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.ledger.ports import EntryFilter, EntryRow
from antin.records.grants import Principal, require_role

_CHUNK: Final = 1000
_ACTOR: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_ACTION: Final = re.compile(r"[a-z0-9_.]{0,64}")


@dataclass(frozen=True)
class Question:
    """Which entries somebody wants to see, from an index on."""

    record_id: str | None = None
    document_id: str | None = None
    agency_id: str | None = None
    """At most one of the three: a stream."""
    wanted: EntryFilter = field(default_factory=EntryFilter)
    start: int = 0
    limit: int = 100


@dataclass(frozen=True)
class Found:
    """Entries, and where the next question goes on."""

    entries: tuple[JsonObject, ...]
    next: int | None
    """Everything before this index was looked at; None: everything there is."""


def list_entries(
    services: Services, principal: Principal, start: int = 0, limit: int = 100
) -> tuple[JsonObject, ...]:
    """Return entries from index ``start``; what the caller may not see, as its leaf hash only."""
    return find_entries(services, principal, Question(start=start, limit=limit)).entries


def find_entries(services: Services, principal: Principal, asked: Question) -> Found:
    """Return the entries that were asked for, in order.

    Without any filter those that the caller may not see are there as leaf hashes. With one they are
    left out before it is asked, so that nothing of them can be told from what is found or from
    where the answer ends. Errors: ``record_not_found``, ``document_not_found``,
    ``agency_not_found``, ``role_missing``, ``field_invalid``.
    """
    _check(asked)

    def query(stores: Stores) -> Found:
        stream = _stream(stores, principal, asked)
        if stream is not None:
            return _in_stream(stores, asked, stream)
        seen = _Seen(stores, principal, Viewer(stores))
        if asked.wanted == EntryFilter():
            return _all(stores, asked, seen)
        return _in_all(stores, asked, seen)

    return services.work.read(query)


def _check(asked: Question) -> None:
    streams = (asked.record_id, asked.document_id, asked.agency_id)
    if sum(one is not None for one in streams) > 1:
        detail = "one of record, document and agency"
        raise RefusedError("field_invalid", field="stream", detail=detail)
    if asked.wanted.actor is not None and not _ACTOR.fullmatch(asked.wanted.actor):
        raise RefusedError("field_invalid", field="actor", detail="it is no id")
    if not _ACTION.fullmatch(asked.wanted.action):
        detail = "dotted lower-case words only"
        raise RefusedError("field_invalid", field="action", detail=detail)


def _stream(stores: Stores, principal: Principal, asked: Question) -> str | None:
    """Return the one stream that is asked for, if the caller may read it."""
    if asked.record_id is not None:
        return f"record/{find_record(stores, principal, asked.record_id, *READERS).id}"
    if asked.document_id is not None:
        return f"document/{find_document(stores, principal, asked.document_id, *READERS).id}"
    if asked.agency_id is not None:
        require_role(principal, READERS, asked.agency_id, "agency_not_found")
        return f"agency/{asked.agency_id}"
    return None


@dataclass
class _Seen:
    """What the caller may read, looked up once for each stream."""

    stores: Stores
    principal: Principal
    viewer: Viewer
    known: dict[str, bool] = field(default_factory=dict)

    def may_read(self, row: EntryRow) -> bool:
        if row.stream not in self.known:
            self.known[row.stream] = may_read(self.stores, self.principal, row.stream)
        return self.known[row.stream]


def _all(stores: Stores, asked: Question, seen: _Seen) -> Found:
    size = stores.ledger.size()
    stop = min(asked.start + asked.limit, size)
    views = tuple(
        seen.viewer.view(row) if seen.may_read(row) else _hidden(row)
        for row in stores.ledger.entries(asked.start, stop)
    )
    return Found(views, stop if stop < size else None)


def _hidden(row: EntryRow) -> JsonObject:
    return {"index": row.index, "leaf": row.leaf.hex()}


def _in_all(stores: Stores, asked: Question, seen: _Seen) -> Found:
    """Look at a part of the ledger; what the caller may not see has no say in where it ends."""
    size = stores.ledger.size()
    stop = min(asked.start + LOOKED_AT, size)
    found: list[JsonObject] = []
    for row in stores.ledger.matching(asked.start, stop, asked.wanted):
        if not seen.may_read(row):
            continue
        if len(found) == asked.limit:
            return Found(tuple(found), row.index)
        found.append(seen.viewer.view(row))
    return Found(tuple(found), stop if stop < size else None)


def _in_stream(stores: Stores, asked: Question, stream: str) -> Found:
    found: list[JsonObject] = []
    viewer = Viewer(stores)
    for looked, row in enumerate(_from(stores, stream, asked.start)):
        if len(found) == asked.limit or looked == LOOKED_AT:
            return Found(tuple(found), row.index)
        if asked.wanted.accepts(row):
            found.append(viewer.view(row))
    return Found(tuple(found), None)


def _from(stores: Stores, stream: str, index: int) -> Iterator[EntryRow]:
    """Yield the stream's entries from ``index`` on; where that is, is found by halving."""
    tip = stores.ledger.tip(stream)
    low, high = 0, tip.n + 1 if tip else 0
    while low < high:
        middle = (low + high) // 2
        row = next(iter(stores.ledger.of_stream(stream, middle, 1)), None)
        if row is not None and row.index < index:
            low = middle + 1
        else:
            high = middle
    while rows := stores.ledger.of_stream(stream, low, _CHUNK):
        yield from rows
        low = rows[-1].n + 1
