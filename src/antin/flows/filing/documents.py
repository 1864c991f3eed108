"""Documents: taken in, looked at, given out."""

from dataclasses import dataclass

from antin.core.bytesource import ByteSource
from antin.core.canonical import JsonObject
from antin.core.errors import NotFoundError, RefusedError
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.filing.records import FILERS
from antin.flows.lookups import find_document, newest_revision
from antin.flows.requests import earlier_answer, once
from antin.flows.services import Services
from antin.flows.texts import clean, optional
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.pdf.document import open_pdf
from antin.records.call import Call
from antin.records.document import Cause, Document, DocumentKind, Revision
from antin.records.grants import Principal, Role, require_role


@dataclass(frozen=True)
class NewDocument:
    """Metadata of a document that is handed in."""

    agency_id: str
    title: str
    file_name: str
    kind: DocumentKind = DocumentKind.MAIN
    parent_id: str | None = None
    code_number: str = ""
    code_notation: str = ""


def upload_document(
    services: Services, call: Call, source: ByteSource, new: NewDocument
) -> JsonObject:
    """Take in a PDF as a new document; bytes that can't be read as one are refused.

    Errors: the codes of :func:`antin.pdf.document.open_pdf`, ``field_missing``,
    ``document_not_found`` for the parent.
    """
    earlier = earlier_answer(services, call)
    if earlier is not None:
        return earlier
    require_role(call.principal, (*FILERS, Role.SIGNER), new.agency_id, "agency_not_found")
    open_pdf(source)
    sha256 = services.blobs.put(source)
    document = Document(
        id=new_id(),
        agency_id=new.agency_id,
        title=clean("title", new.title),
        kind=new.kind,
        file_name=optional(new.file_name) or "document.pdf",
        created_at=call.now,
        parent_id=new.parent_id,
        code_number=optional(new.code_number),
        code_notation=optional(new.code_notation),
    )
    revision = Revision(new_id(), document.id, 1, sha256, source.size, Cause.UPLOADED, call.now)

    def change(stores: Stores) -> Done[JsonObject]:
        _check_parent(stores, call.principal, new)
        stores.documents.add(document)
        stores.documents.add_revision(revision)
        view = views.document_view(document, revision)
        return Done(view, (Draft(f"document/{document.id}", "document.uploaded", view),))

    return once(services, call, change)


def _check_parent(stores: Stores, principal: Principal, new: NewDocument) -> None:
    if (new.kind is DocumentKind.ATTACHMENT) != (new.parent_id is not None):
        raise RefusedError("field_missing", field="parent_id")
    if new.parent_id is not None:
        parent = find_document(stores, principal, new.parent_id)
        if parent.agency_id != new.agency_id or parent.kind is not DocumentKind.MAIN:
            raise RefusedError("field_invalid", field="parent_id", detail="not a main document")


def get_document(services: Services, principal: Principal, document_id: str) -> JsonObject:
    """Return a document with its newest revision."""

    def query(stores: Stores) -> JsonObject:
        document = find_document(stores, principal, document_id)
        return views.document_view(document, newest_revision(stores, document.id))

    return services.work.read(query)


def list_documents(
    services: Services, principal: Principal, after: str = "", limit: int = 100
) -> tuple[JsonObject, ...]:
    """Return the documents of the principal's agencies."""
    return services.work.read(
        lambda stores: tuple(
            views.document_view(one, newest_revision(stores, one.id))
            for one in stores.documents.list(principal.agencies(), after, limit)
        )
    )


def list_revisions(
    services: Services, principal: Principal, document_id: str
) -> tuple[JsonObject, ...]:
    """Return all revisions of a document, oldest first."""

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        document = find_document(stores, principal, document_id)
        return tuple(map(views.revision_view, stores.documents.revisions(document.id)))

    return services.work.read(query)


def content_digest(
    services: Services, principal: Principal, document_id: str, ordinal: int | None = None
) -> tuple[str, str]:
    """Return (SHA-256, file name) of a document's newest revision, or of revision ``ordinal``."""

    def query(stores: Stores) -> tuple[str, str]:
        document = find_document(stores, principal, document_id)
        if ordinal is None:
            return newest_revision(stores, document.id).sha256, document.file_name
        for revision in stores.documents.revisions(document.id):
            if revision.ordinal == ordinal:
                return revision.sha256, document.file_name
        raise NotFoundError("document_not_found")

    return services.work.read(query)
