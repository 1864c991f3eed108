"""Erasing the facts beside ledger entries, with the personal data in them.

The entries stay, byte for byte, and with them every proof that was made. What goes are salts and
facts, and answers to old requests that repeat them. The rows of records, documents and users are
not touched: they are changed by what changes them, and say what they say now.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import NotFoundError, RefusedError
from antin.core.limits import MAX_ERASED, MAX_REDACTED
from antin.flows.audit.checkpoints import checkpoint_soon
from antin.flows.audit.seeing import Viewer, agency_of
from antin.flows.lookups import find_document, find_record
from antin.flows.requests import once
from antin.flows.services import Services
from antin.flows.texts import clean
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.ledger.ports import EntryRow
from antin.ledger.recovery import ACTION as RECOVERED
from antin.ledger.redaction import ACTION, Erased, Redaction
from antin.records.call import Call
from antin.records.grants import Principal, Role, require_role

_MAY_ERASE: Final = (Role.ADMINISTRATOR,)
_KEPT: Final = frozenset({ACTION, RECOVERED})
_LONGEST_REASON: Final = 500
_CHUNK: Final = 1000


@dataclass(frozen=True)
class Wanted:
    """Which entries' facts are to go: some by index, all of a record or of a document."""

    indexes: tuple[int, ...] = ()
    record_id: str | None = None
    document_id: str | None = None


def plan_erasure(
    services: Services, principal: Principal, wanted: Wanted
) -> tuple[JsonObject, ...]:
    """Return the entries whose facts would go, as an auditor sees them.

    Errors: ``entry_not_found``, ``record_not_found``, ``document_not_found``, ``role_missing``,
    ``redaction_not_erasable`` for one that was asked for by index, ``nothing_to_erase``,
    ``field_invalid`` for more than 10,000.
    """

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        indexes = (*wanted.indexes, *_of_streams(stores, principal, wanted))
        rows = _erasable(stores, principal, indexes)
        return tuple(map(Viewer(stores).view, rows))

    return services.work.read(query)


def erase(services: Services, call: Call, indexes: Sequence[int], reason: str) -> JsonObject:
    """Delete salts and facts of entries, and append who did it and why, in one transaction.

    Each stream concerned gets ``redact`` entries of its own that name index and leaf of what was
    erased there; ``reason`` stands in them for good, so it must name nobody. What is gone already
    is passed over. Answers to the requests that wrote these entries are erased, too; of a record or
    document the answers to every request that wrote to it, since those repeat its title.

    Errors: as of :func:`plan_erasure`.
    """
    why = clean("reason", reason)
    if len(why) > _LONGEST_REASON or not why.isprintable():
        detail = f"one line of at most {_LONGEST_REASON} characters"
        raise RefusedError("field_invalid", field="reason", detail=detail)

    def change(stores: Stores) -> Done[JsonObject]:
        rows = _erasable(stores, call.principal, indexes)
        stores.ledger.erase_payloads([row.index for row in rows])
        stores.requests.forget(_requests_about(stores, rows))
        view: JsonObject = {
            "request_id": call.request_id,
            "erased": tuple(row.index for row in rows),
            "reason": why,
        }
        return Done(view, tuple(_drafts(rows, why, call.principal.id)))

    done = once(services, call, change)
    checkpoint_soon(services)
    return done


def redactions_of(services: Services, request_id: str) -> tuple[int, ...]:
    """Return the indexes of the entries that a request to erase appended."""
    return services.work.read(
        lambda stores: tuple(row.index for row in stores.ledger.of_request(request_id))
    )


def _of_streams(stores: Stores, principal: Principal, wanted: Wanted) -> Iterator[int]:
    """Yield the entries of the record and the document that can be erased at all."""
    streams = []
    if wanted.record_id is not None:
        record = find_record(stores, principal, wanted.record_id, *_MAY_ERASE)
        streams.append(f"record/{record.id}")
    if wanted.document_id is not None:
        document = find_document(stores, principal, wanted.document_id, *_MAY_ERASE)
        streams.append(f"document/{document.id}")
    for stream in streams:
        yield from (row.index for row in _whole(stores, stream) if row.action not in _KEPT)


def _erasable(stores: Stores, principal: Principal, indexes: Iterable[int]) -> list[EntryRow]:
    """Return the entries that ``principal`` may erase and whose facts are there, in order."""
    wanted = sorted(set(indexes))
    if len(wanted) > MAX_ERASED:
        detail = f"at most {MAX_ERASED} entries at once"
        raise RefusedError("field_invalid", field="indexes", detail=detail)
    rows = [_row(stores, principal, index) for index in wanted]
    held = [row for row in rows if stores.ledger.payload(row.index) is not None]
    if not held:
        raise RefusedError("nothing_to_erase")
    return held


def _row(stores: Stores, principal: Principal, index: int) -> EntryRow:
    # 1. An entry of nobody's belongs to nobody who could erase it.
    row = next(stores.ledger.entries(index, index + 1), None)
    agency = agency_of(stores, row.stream) if row else None
    if row is None or agency is None:
        raise NotFoundError("entry_not_found")
    # 2. Another agency's does not exist for this principal; who may read may not yet erase.
    require_role(principal, _MAY_ERASE, agency, "entry_not_found")
    # 3. What was erased, or lost, and by whom, stays to be seen.
    if row.action in _KEPT:
        raise RefusedError("redaction_not_erasable", index=index)
    return row


def _requests_about(stores: Stores, rows: Iterable[EntryRow]) -> Iterator[str]:
    """Yield the ids of requests whose answers may repeat what the facts of ``rows`` say."""
    streams = set()
    for row in rows:
        yield _request_of(row)
        if not row.stream.startswith("agency/"):
            streams.add(row.stream)
    for stream in streams:
        yield from map(_request_of, _whole(stores, stream))


def _request_of(row: EntryRow) -> str:
    """Return the request that a step belongs to."""
    return row.request.partition("/")[0]


def _whole(stores: Stores, stream: str) -> Iterator[EntryRow]:
    start = 0
    while rows := stores.ledger.of_stream(stream, start, _CHUNK):
        yield from rows
        start = rows[-1].n + 1


def _drafts(rows: Sequence[EntryRow], reason: str, principal_id: str) -> Iterator[Draft]:
    streams: dict[str, list[Erased]] = {}
    for row in rows:
        streams.setdefault(row.stream, []).append(Erased(row.index, row.leaf))
    for stream, erased in sorted(streams.items()):
        for start in range(0, len(erased), MAX_REDACTED):
            part = tuple(erased[start : start + MAX_REDACTED])
            yield Draft(stream, ACTION, Redaction(part, reason, principal_id).as_facts())
