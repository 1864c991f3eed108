"""``/v1/ledger``: the public checkpoint and proofs, and entries for auditors."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import AwareDatetime

from antin.api.answers import ConsistencyShown, EntryShown, InclusionShown
from antin.api.auth import Known, Wired
from antin.api.paging import Limit
from antin.api.problems import PROBLEMS
from antin.core.canonical import JsonObject
from antin.core.clock import to_micros
from antin.flows import audit
from antin.ledger.ports import EntryFilter

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


Id = Annotated[str | None, Query(max_length=64)]
Time = Annotated[AwareDatetime | None, Query(description="RFC 3339, with its zone")]


@router.get(
    "/entries",
    response_model=list[EntryShown],
    summary="Entries from an index",
    response_description="Where there may be more, the Link header leads on (rel=next)",
)
def entries(
    known: Known,
    request: Request,
    response: Response,
    *,
    record: Id = None,
    document: Id = None,
    agency: Id = None,
    actor: Id = None,
    action: Annotated[str, Query(max_length=64, description="What the action begins with")] = "",
    since: Time = None,
    until: Time = None,
    start: Annotated[int, Query(alias="from", ge=0, le=2**53, description="Leaf index")] = 0,
    limit: Limit = 100,
) -> tuple[JsonObject, ...]:
    """Return entries in order; those the caller may not see, as leaf hashes only.

    With a filter these are left out, and at most 10,000 entries are looked at: a page may hold
    fewer than there are, and the Link header leads on from where it ended.
    """
    wanted = EntryFilter(
        actor, action, to_micros(since) if since else None, to_micros(until) if until else None
    )
    asked = audit.Question(record, document, agency, wanted, start, limit)
    found = audit.find_entries(known.services, known.principal, asked)
    if found.next is not None:
        following = request.url.include_query_params(**{"from": found.next})
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return found.entries
