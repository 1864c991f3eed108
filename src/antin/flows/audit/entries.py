"""What the ledger holds, for those who may see it."""

from antin.core.canonical import JsonObject
from antin.core.clock import from_micros, iso_utc
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.ledger.ports import EntryRow
from antin.records.grants import Principal, Role

_READERS = (Role.AUDITOR, Role.ADMINISTRATOR)


def list_entries(
    services: Services, principal: Principal, start: int = 0, limit: int = 100
) -> tuple[JsonObject, ...]:
    """Return entries from index ``start``; what the caller may not see, as its leaf hash only."""

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        stop = min(start + limit, stores.ledger.size())
        return tuple(
            _entry_view(stores, row)
            if may_read(stores, principal, row.stream)
            else {"index": row.index, "leaf": row.leaf.hex()}
            for row in stores.ledger.entries(start, stop)
        )

    return services.work.read(query)


def may_read(stores: Stores, principal: Principal, stream: str) -> bool:
    """Tell whether ``principal`` may see what the entries of ``stream`` say."""
    agency = _agency_of(stores, stream)
    return agency is not None and any(principal.has(role, agency) for role in _READERS)


def _agency_of(stores: Stores, stream: str) -> str | None:
    kind, _, key = stream.partition("/")
    if kind == "agency":
        return key
    if kind == "record":
        record = stores.records.get(key)
        return record.agency_id if record else None
    document = stores.documents.get(key)
    return document.agency_id if document else None


def _entry_view(stores: Stores, row: EntryRow) -> JsonObject:
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
