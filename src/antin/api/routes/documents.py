"""``/v1/documents``: files that are signed, sealed and filed, and the agency's seal."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from antin.api.answers import DocumentShown, Page, RevisionShown, SealShown
from antin.api.auth import Actor, Known
from antin.api.files import stored_file
from antin.api.paging import After, Limit, page
from antin.api.problems import PROBLEMS
from antin.api.requests import SealAsked
from antin.api.uploads import Upload, Uploaded, multipart
from antin.api.values import choice
from antin.core.bytesource import FileSource
from antin.core.canonical import JsonObject
from antin.flows import filing
from antin.flows.seal import NewSeal, seal_document
from antin.records.document import DocumentKind
from antin.records.seal import SealState
from antin.signer.request import Level

router = APIRouter(prefix="/v1/documents", tags=["documents"], responses=PROBLEMS)

_FIELDS = {
    "agency_id": "Whose document it is",
    "title": "Subject",
    "kind": "main (default) or attachment",
    "parent_id": "The main document of an attachment",
    "code_number": "Number",
    "code_notation": "Symbol",
    "file_name": "Default: the uploaded file's name",
}


@router.post(
    "",
    status_code=201,
    response_model=DocumentShown,
    summary="Hand in a document",
    openapi_extra=multipart(_FIELDS, ("agency_id", "title")),
)
def hand_in(actor: Actor, uploaded: Uploaded, response: Response) -> JsonObject:
    """Take in a PDF as a new document."""
    new = _new_document(uploaded)
    call = actor.call(uploaded.sha256, *(f"{k}={v}" for k, v in sorted(uploaded.fields.items())))
    with FileSource(uploaded.path) as source:
        made = filing.upload_document(actor.services, call, source, new)
    response.headers["Location"] = f"/v1/documents/{made['id']}"
    return made


def _new_document(uploaded: Upload) -> filing.NewDocument:
    fields = uploaded.fields
    return filing.NewDocument(
        agency_id=fields.get("agency_id", ""),
        title=fields.get("title", ""),
        file_name=fields.get("file_name") or uploaded.file_name,
        kind=choice(DocumentKind, "kind", fields.get("kind"), DocumentKind.MAIN),
        parent_id=fields.get("parent_id") or None,
        code_number=fields.get("code_number", ""),
        code_notation=fields.get("code_notation", ""),
    )


@router.get("", response_model=Page[DocumentShown], summary="List documents")
def listed(known: Known, after: After = "", limit: Limit = 100) -> JsonObject:
    """Return the documents of the caller's agencies."""
    return page(filing.list_documents(known.services, known.principal, after, limit), limit)


@router.get("/{document_id}", response_model=DocumentShown, summary="Get a document")
def get(known: Known, document_id: str) -> JsonObject:
    """Return a document with its newest revision."""
    return filing.get_document(known.services, known.principal, document_id)


@router.get(
    "/{document_id}/revisions", response_model=list[RevisionShown], summary="List revisions"
)
def revisions(known: Known, document_id: str) -> tuple[JsonObject, ...]:
    """Return all revisions, oldest first."""
    return filing.list_revisions(known.services, known.principal, document_id)


@router.get(
    "/{document_id}/content", response_class=StreamingResponse, summary="Download a document"
)
def content(
    known: Known,
    document_id: str,
    revision: Annotated[int | None, Query(ge=1, description="Ordinal; default: newest")] = None,
) -> StreamingResponse:
    """Return the file of the newest revision, or of another."""
    sha256, file_name = filing.content_digest(
        known.services, known.principal, document_id, revision
    )
    return stored_file(known.services, sha256, file_name)


@router.post(
    "/{document_id}/seal", response_model=SealShown, summary="Put the agency's seal on a document"
)
def seal(actor: Actor, document_id: str, asked: SealAsked, response: Response) -> JsonObject:
    """Seal the newest revision; the answer holds the sealed document.

    202 where the seal's value is kept and a job (``Location``) goes on to get its time-stamp; the
    same request again gets the sealed document once it is there.
    """
    new = NewSeal(document_id, asked.stamp.plan() if asked.stamp else None, Level(asked.level))
    done = seal_document(actor.services, actor.call(asked.fingerprint()), new)
    if done["state"] == SealState.SIGNED:
        response.status_code = 202
        response.headers["Location"] = f"/v1/jobs/{done['job_id']}"
    return done
