"""``/v1/records-catalogues``: yearly catalogues of expected records."""

from fastapi import APIRouter, Response

from antin.api.answers import CatalogueShown, Page
from antin.api.auth import Actor, Known
from antin.api.paging import After, Limit, page
from antin.api.problems import PROBLEMS
from antin.api.requests import CatalogueAsked
from antin.core.canonical import JsonObject
from antin.flows import filing

router = APIRouter(prefix="/v1/records-catalogues", tags=["records"], responses=PROBLEMS)


@router.post("", status_code=201, response_model=CatalogueShown, summary="Make a catalogue")
def create(actor: Actor, asked: CatalogueAsked, response: Response) -> JsonObject:
    """Make an agency's records catalogue of a year with its lines."""
    items = tuple(filing.NewItem(**item.model_dump()) for item in asked.items)
    call = actor.call(asked.fingerprint())
    made = filing.create_catalogue(
        actor.services, call, asked.agency_id, asked.year, asked.title, items
    )
    response.headers["Location"] = f"/v1/records-catalogues/{made['id']}"
    return made


@router.get("", response_model=Page[CatalogueShown], summary="List catalogues")
def listed(known: Known, after: After = "", limit: Limit = 100) -> JsonObject:
    """Return the catalogues of the caller's agencies."""
    return page(filing.list_catalogues(known.services, known.principal, after, limit), limit)
