"""``/v1/ledger``: the public checkpoint, and entries for auditors."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from antin.api.answers import EntryShown
from antin.api.auth import Known, Wired
from antin.api.paging import Limit
from antin.api.problems import PROBLEMS
from antin.core.canonical import JsonObject
from antin.flows import audit

router = APIRouter(prefix="/v1/ledger", tags=["ledger"], responses=PROBLEMS)


@router.get("/checkpoint", response_class=PlainTextResponse, summary="Newest checkpoint (public)")
def checkpoint(services: Wired) -> PlainTextResponse:
    """Return the newest checkpoint as a signed note (C2SP tlog-checkpoint)."""
    return PlainTextResponse(audit.newest_note(services).decode())


@router.get("/entries", response_model=list[EntryShown], summary="Entries from an index")
def entries(
    known: Known,
    start: Annotated[int, Query(alias="from", ge=0, description="Leaf index")] = 0,
    limit: Limit = 100,
) -> tuple[JsonObject, ...]:
    """Return entries in order; those the caller may not see, as leaf hashes only."""
    return audit.list_entries(known.services, known.principal, start, limit)
