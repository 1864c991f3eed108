"""``/v1/records``: work records, their documents, changes and closures."""

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from antin.api.answers import ChangeNoted, ClosureShown, JobShown, Page, RecordShown
from antin.api.auth import Actor, Amender, Known
from antin.api.files import stored_file
from antin.api.paging import After, Limit, page
from antin.api.problems import PROBLEMS
from antin.api.requests import ChangeAsked, MemberAsked, RecordAmended, RecordAsked
from antin.core.canonical import JsonObject
from antin.flows import close as closing
from antin.flows import filing

router = APIRouter(prefix="/v1/records", tags=["records"], responses=PROBLEMS)

_MEDIA = {
    "closure.json": "application/json",
    "closure.json.p7s": "application/pkcs7-signature",
    "certificate.pdf": "application/pdf",
}


@router.post("", status_code=201, response_model=RecordShown, summary="Open a record")
def open_record(actor: Actor, asked: RecordAsked, response: Response) -> JsonObject:
    """Open a record, from a catalogue line or with all fields."""
    new = filing.NewRecord(**asked.model_dump())
    made = filing.open_record(actor.services, actor.call(asked.fingerprint()), new)
    response.headers["Location"] = f"/v1/records/{made['id']}"
    return made


@router.get("", response_model=Page[RecordShown], summary="List records")
def listed(known: Known, after: After = "", limit: Limit = 100) -> JsonObject:
    """Return the records of the caller's agencies."""
    return page(filing.list_records(known.services, known.principal, after, limit), limit)


@router.get("/{record_id}", response_model=RecordShown, summary="Get a record")
def get(known: Known, record_id: str) -> JsonObject:
    """Return a record with its documents."""
    return filing.get_record(known.services, known.principal, record_id)


@router.patch("/{record_id}", response_model=RecordShown, summary="Mend metadata")
def amend(actor: Amender, record_id: str, asked: RecordAmended) -> JsonObject:
    """Mend an open record's metadata; the ledger keeps what was and what is."""
    fields = asked.model_dump(exclude_none=True)
    return filing.amend_record(actor.services, actor.call(asked.fingerprint()), record_id, fields)


@router.post(
    "/{record_id}/documents",
    status_code=201,
    response_model=RecordShown,
    summary="Put a document into a record",
)
def add_document(actor: Actor, record_id: str, asked: MemberAsked) -> JsonObject:
    """Put a document of the same agency into an open record."""
    call = actor.call(asked.fingerprint())
    return filing.add_to_record(actor.services, call, record_id, asked.document_id)


@router.post(
    "/{record_id}/changes",
    status_code=201,
    response_model=ChangeNoted,
    summary="Note a change made in the records system",
)
def note_change(actor: Actor, record_id: str, asked: ChangeAsked) -> JsonObject:
    """Take down in the ledger what happened elsewhere: a draft, a comment, an approval."""
    call = actor.call(asked.fingerprint())
    return filing.note_change(actor.services, call, record_id, asked.action, asked.detail)


@router.post(
    "/{record_id}/close", status_code=202, response_model=JobShown, summary="Close a record"
)
def close(actor: Actor, record_id: str, response: Response) -> JsonObject:
    """Ask for the record to be closed; the job at Location says how it went."""
    job = closing.request_close(actor.services, actor.call(), record_id)
    response.headers["Location"] = f"/v1/jobs/{job['id']}"
    return job


@router.get("/{record_id}/closures/{number}", response_model=ClosureShown, summary="Get a closure")
def closure(known: Known, record_id: str, number: int) -> JsonObject:
    """Return a closure of a record."""
    return closing.get_closure(known.services, known.principal, record_id, number)


@router.get(
    "/{record_id}/closures/{number}/files/{name}",
    response_class=StreamingResponse,
    summary="Download closure.json, closure.json.p7s or certificate.pdf",
)
def closure_file(known: Known, record_id: str, number: int, name: str) -> StreamingResponse:
    """Return one of the files that a closure left behind."""
    sha256 = closing.closure_file(known.services, known.principal, record_id, number, name)
    return stored_file(known.services, sha256, name, _MEDIA[name])
