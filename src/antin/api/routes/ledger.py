"""``/v1/ledger``: the public checkpoint and proofs, and entries for auditors."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from antin.api.answers import ConsistencyShown, EntryShown, InclusionShown
from antin.api.auth import Known, Wired
from antin.api.paging import Limit
from antin.api.problems import PROBLEMS
from antin.core.canonical import JsonObject
from antin.flows import audit

_MOST: Final = 2**53
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}

router = APIRouter(prefix="/v1/ledger", tags=["ledger"], responses=PROBLEMS)


@router.get("/checkpoint", response_class=PlainTextResponse, summary="Newest checkpoint (public)")
def checkpoint(services: Wired) -> PlainTextResponse:
    """Return the newest checkpoint as a signed note (C2SP tlog-checkpoint)."""
    return PlainTextResponse(audit.newest_note(services).decode())


Size = Annotated[
    int | None, Query(ge=0, le=_MOST, description="Of a signed checkpoint; by default the newest")
]


@router.get(
    "/proofs/inclusion",
    response_model=InclusionShown,
    responses=_TEXT,
    summary="Proof that an entry is in a signed tree (public)",
)
def inclusion(
    services: Wired,
    request: Request,
    index: Annotated[int, Query(ge=0, le=_MOST, description="Leaf index")],
    size: Size = None,
) -> Response:
    """Return the path from an entry's hash to a signed root (RFC 9162 §2.1.3).

    As JSON; with ``Accept: text/plain`` as c2sp.org/tlog-proof@v1.
    """
    proof = audit.prove_entry(services, index, size)
    return _answer(request, proof.as_json(), proof.text)


@router.get(
    "/proofs/consistency",
    response_model=ConsistencyShown,
    responses=_TEXT,
    summary="Proof that a signed tree extends another (public)",
)
def consistency(
    services: Wired,
    request: Request,
    older: Annotated[int, Query(alias="from", ge=0, le=_MOST, description="Of the older one")],
    newer: Annotated[Size, Query(alias="to")] = None,
) -> Response:
    """Return the proof between two checkpoints (RFC 9162 §2.1.4).

    As JSON; with ``Accept: text/plain`` as a witness gets it (c2sp.org/tlog-witness).
    """
    proof = audit.prove_growth(services, older, newer)
    return _answer(request, proof.as_json(), proof.text)


def _answer(request: Request, told: JsonObject, text: str) -> Response:
    if request.headers.get("accept", "").partition(",")[0].startswith("text/plain"):
        return PlainTextResponse(text)
    return JSONResponse(dict(told))


@router.get("/entries", response_model=list[EntryShown], summary="Entries from an index")
def entries(
    known: Known,
    start: Annotated[int, Query(alias="from", ge=0, description="Leaf index")] = 0,
    limit: Limit = 100,
) -> tuple[JsonObject, ...]:
    """Return entries in order; those the caller may not see, as leaf hashes only."""
    return audit.list_entries(known.services, known.principal, start, limit)
