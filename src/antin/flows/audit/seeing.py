"""Whose entry one is, who may see it, and how it is shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.clock import from_micros, iso_utc
from antin.core.errors import InputError
from antin.flows.unit_of_work import Stores
from antin.ledger.ports import EntryRow
from antin.ledger.redaction import ACTION, Erased, parse_redaction
from antin.records.grants import Principal, Role

LOOKED_AT: Final = 10_000
"""Entries that one call looks at: what it costs does not grow with the ledger."""
_CHUNK: Final = 1000
READERS = (Role.AUDITOR, Role.ADMINISTRATOR)


def may_read(stores: Stores, principal: Principal, stream: str) -> bool:
    """Tell whether ``principal`` may see what the entries of ``stream`` say."""
    agency = agency_of(stores, stream)
    return agency is not None and any(principal.has(role, agency) for role in READERS)


def agency_of(stores: Stores, stream: str) -> str | None:
    """Return the id of the agency that a stream belongs to; None: nobody's here."""
    kind, _, key = stream.partition("/")
    if kind == "agency":
        return key
    if kind == "record":
        record = stores.records.get(key)
        return record.agency_id if record else None
    document = stores.documents.get(key)
    return document.agency_id if document else None


@dataclass
class Viewer:
    """Shows entries of one snapshot, and who erased facts that are not there."""

    stores: Stores
    _erased: dict[str, dict[Erased, int]] = field(default_factory=dict)
    _left: int = LOOKED_AT

    def view(self, row: EntryRow) -> JsonObject:
        """Return an entry with its facts.

        Where these are gone they are None, and ``erased_by`` is the index of the entry that says
        so; None: nobody does, or too far on to be looked for (``antin ledger verify`` does).
        """
        payload = self.stores.ledger.payload(row.index)
        return {
            "index": row.index,
            "stream": row.stream,
            "n": row.n,
            "prev": row.prev.hex() if row.prev else None,
            "time": iso_utc(from_micros(row.micros)),
            "actor": row.actor,
            "action": row.action,
            "payload": row.payload_digest.hex(),
            "facts": payload.data.decode() if payload else None,
            "erased_by": None if payload else self._erased_by(row),
            "leaf": row.leaf.hex(),
            "entry": row.data.decode(),
        }

    def _erased_by(self, row: EntryRow) -> int | None:
        if row.stream not in self._erased:
            self._erased[row.stream] = {
                one: index for index, erased in self._redactions(row.stream) for one in erased
            }
        by = self._erased[row.stream].get(Erased(row.index, row.leaf))
        return by if by is not None and by > row.index else None

    def _redactions(self, stream: str) -> Iterator[tuple[int, tuple[Erased, ...]]]:
        """Yield what a stream's entries say of erasing, as long as there is room to look."""
        start = 0
        while rows := self.stores.ledger.of_stream(stream, start, min(_CHUNK, self._left)):
            self._left -= len(rows)
            start = rows[-1].n + 1
            for index in (row.index for row in rows if row.action == ACTION):
                payload = self.stores.ledger.payload(index)
                try:
                    yield index, parse_redaction(payload.data).erased if payload else ()
                except InputError:
                    continue
