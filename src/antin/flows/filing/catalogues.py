"""Records catalogues: what an agency means to file in a year."""

from dataclasses import dataclass

from antin.core.canonical import JsonObject
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.requests import once
from antin.flows.services import Services
from antin.flows.texts import clean, optional
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.catalogue import Catalogue, CatalogueItem
from antin.records.grants import Principal, Role, require_role


@dataclass(frozen=True)
class NewItem:
    """A line of a records catalogue as it is handed in (Decree 30/2020 appendix V)."""

    code_notation: str
    heading: str
    title: str
    retention: str
    creator: str
    note: str = ""


def create_catalogue(
    services: Services,
    call: Call,
    agency_id: str,
    year: int,
    title: str,
    items: tuple[NewItem, ...],
) -> JsonObject:
    """Make an agency's records catalogue of a year with its lines (REC-1)."""
    catalogue = Catalogue(new_id(), agency_id, year, clean("title", title), call.now)
    lines = tuple(
        CatalogueItem(
            id=new_id(),
            catalogue_id=catalogue.id,
            ordinal=ordinal,
            code_notation=clean("code_notation", item.code_notation),
            heading=optional(item.heading),
            title=clean("title", item.title),
            retention=clean("retention", item.retention),
            creator=clean("creator", item.creator),
            note=optional(item.note),
        )
        for ordinal, item in enumerate(items, 1)
    )

    def change(stores: Stores) -> Done[JsonObject]:
        require_role(call.principal, (Role.RECORDS_MANAGER,), agency_id, "agency_not_found")
        stores.catalogues.add(catalogue)
        for line in lines:
            stores.catalogues.add_item(line)
        view = views.catalogue_view(catalogue, lines)
        return Done(view, (Draft(f"agency/{agency_id}", "catalogue.created", view),))

    return once(services, call, change)


def list_catalogues(
    services: Services, principal: Principal, after: str = "", limit: int = 100
) -> tuple[JsonObject, ...]:
    """Return the catalogues of the principal's agencies."""

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        found = stores.catalogues.list(principal.agencies(), after, limit)
        return tuple(views.catalogue_view(one, stores.catalogues.items(one.id)) for one in found)

    return services.work.read(query)
