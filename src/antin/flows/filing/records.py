"""Records: opened, amended, noted upon, given documents; refused once they are closed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from antin.core.canonical import Json, JsonObject
from antin.core.clock import HO_CHI_MINH
from antin.core.errors import ConflictError, NotFoundError, RefusedError
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.lookups import find_document, find_record
from antin.flows.requests import once
from antin.flows.services import Services
from antin.flows.texts import clean, optional
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.grants import Principal, Role, require_role
from antin.records.record import Membership, Record

FILERS = (Role.RECORDS_MANAGER, Role.CLERK)


@dataclass(frozen=True)
class NewRecord:
    """A record to be opened: from a catalogue line, or ad hoc with all fields (REC-2)."""

    agency_id: str
    catalogue_item_id: str | None = None
    code_notation: str = ""
    title: str = ""
    retention: str = ""
    creator: str = ""
    start_date: date | None = None
    description: str = ""


def open_record(services: Services, call: Call, new: NewRecord) -> JsonObject:
    """Open a record; a missing field is refused by name (REC-2)."""
    record_id = new_id()
    today = call.now.astimezone(HO_CHI_MINH).date()

    def change(stores: Stores) -> Done[JsonObject]:
        require_role(call.principal, FILERS, new.agency_id, "agency_not_found")
        filled = _filled_from_catalogue(stores, new)
        record = Record(
            id=record_id,
            agency_id=new.agency_id,
            code_notation=clean("code_notation", filled.code_notation),
            title=clean("title", filled.title),
            retention=clean("retention", filled.retention),
            creator=clean("creator", filled.creator),
            start_date=filled.start_date or today,
            created_at=call.now,
            catalogue_item_id=filled.catalogue_item_id,
            description=optional(filled.description),
        )
        stores.records.add(record)
        view = views.record_view(record)
        return Done(view, (Draft(f"record/{record.id}", "record.opened", view),))

    return once(services, call, change)


def _filled_from_catalogue(stores: Stores, new: NewRecord) -> NewRecord:
    """Return ``new`` with what its catalogue line says, where it does not say otherwise."""
    if new.catalogue_item_id is None:
        return new
    item = stores.catalogues.get_item(new.catalogue_item_id)
    catalogue = stores.catalogues.get(item.catalogue_id) if item else None
    if item is None or catalogue is None or catalogue.agency_id != new.agency_id:
        raise NotFoundError("catalogue_item_not_found")
    return replace(
        new,
        code_notation=new.code_notation or item.code_notation,
        title=new.title or item.title,
        retention=new.retention or item.retention,
        creator=new.creator or item.creator,
    )


def get_record(services: Services, principal: Principal, record_id: str) -> JsonObject:
    """Return a record with its documents."""

    def query(stores: Stores) -> JsonObject:
        record = find_record(stores, principal, record_id)
        return views.record_view(record, stores.records.memberships(record.id))

    return services.work.read(query)


def list_records(
    services: Services, principal: Principal, after: str = "", limit: int = 100
) -> tuple[JsonObject, ...]:
    """Return the records of the principal's agencies."""
    return services.work.read(
        lambda stores: tuple(
            views.record_view(record, stores.records.memberships(record.id))
            for record in stores.records.list(principal.agencies(), after, limit)
        )
    )


_CHANGEABLE = frozenset({"title", "code_notation", "retention", "creator", "description"})


def amend_record(
    services: Services, call: Call, record_id: str, fields: Mapping[str, str]
) -> JsonObject:
    """Mend an open record's metadata; the ledger keeps what was and what is."""
    for name in fields:
        if name not in _CHANGEABLE:
            raise RefusedError("field_invalid", field=name, detail="it cannot be changed")

    def change(stores: Stores) -> Done[JsonObject] | Refused:
        record = find_record(stores, call.principal, record_id, *FILERS)
        stream = f"record/{record.id}"
        if refused := _refused_if_closed(record, "record.amended"):
            return refused
        cleaned = {
            name: optional(value) if name == "description" else clean(name, value)
            for name, value in fields.items()
        }
        amended = stores.records.update(replace(record, **cleaned))  # type: ignore[arg-type]  # names are checked above, all are text
        before: JsonObject = {name: getattr(record, name) for name in cleaned}
        view = views.record_view(amended, stores.records.memberships(record.id))
        return Done(view, (Draft(stream, "record.amended", {"before": before, "after": cleaned}),))

    return once(services, call, change)


def note_change(
    services: Services, call: Call, record_id: str, action: str, detail: Mapping[str, Json]
) -> JsonObject:
    """Take down something that happened to a record in the records system (REC-8).

    Drafts, comments, approvals, who looked and when: ``action`` is a dotted lower-case verb that
    is kept under ``external.``, so that it can't pass for one of ours.
    """
    if not action or not all(part.isidentifier() and part.islower() for part in action.split(".")):
        raise RefusedError("field_invalid", field="action", detail="dotted lower-case words only")

    def change(stores: Stores) -> Done[JsonObject] | Refused:
        record = find_record(stores, call.principal, record_id, *FILERS)
        if refused := _refused_if_closed(record, f"external.{action}"):
            return refused
        answer: JsonObject = {"record_id": record.id, "action": f"external.{action}"}
        return Done(answer, (Draft(f"record/{record.id}", f"external.{action}", detail),))

    return once(services, call, change)


def add_to_record(services: Services, call: Call, record_id: str, document_id: str) -> JsonObject:
    """Put a document into an open record of the same agency; no second copy is made (REC-7)."""

    def change(stores: Stores) -> Done[JsonObject] | Refused:
        record = find_record(stores, call.principal, record_id, *FILERS)
        document = find_document(stores, call.principal, document_id)
        if document.agency_id != record.agency_id:
            raise NotFoundError("document_not_found")
        if refused := _refused_if_closed(record, "record.document_added"):
            return refused
        members = stores.records.memberships(record.id)
        if any(member.document_id == document.id for member in members):
            raise ConflictError("document_already_in_record")
        # The record's row is locked by its version: two additions never get the same ordinal.
        record = stores.records.update(record)
        member = Membership(record.id, document.id, len(members) + 1)
        stores.records.add_membership(member)
        tip = stores.ledger.tip(f"document/{document.id}")
        entry = Draft(
            f"record/{record.id}",
            "record.document_added",
            {
                "document_id": document.id,
                "ordinal": member.ordinal,
                "document_leaf": tip.leaf.hex() if tip else None,
            },
        )
        return Done(views.record_view(record, (*members, member)), (entry,))

    return once(services, call, change)


def _refused_if_closed(record: Record, action: str) -> Refused | None:
    """Refuse a change to a closed record, and remember that it was tried."""
    try:
        record.require_open()
    except ConflictError as error:
        attempt = Draft(
            f"record/{record.id}",
            "record.change_refused",
            {"action": action, "code": error.code, "state": record.state.value},
        )
        return Refused(error, (attempt,))
    return None
