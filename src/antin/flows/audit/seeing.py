"""Whose entry one is, who may see it, and how it is shown."""

from antin.core.canonical import JsonObject
from antin.core.clock import from_micros, iso_utc
from antin.flows.unit_of_work import Stores
from antin.ledger.ports import EntryRow
from antin.records.grants import Principal, Role

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


def entry_view(stores: Stores, row: EntryRow) -> JsonObject:
    """Return an entry with its facts, which are None where they were erased."""
    payload = stores.ledger.payload(row.index)
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
        "leaf": row.leaf.hex(),
        "entry": row.data.decode(),
    }
