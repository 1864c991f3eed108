"""Filing: catalogues, records, documents, and the records system's own changes."""

from antin.flows.filing.catalogues import NewItem, create_catalogue, list_catalogues
from antin.flows.filing.documents import (
    NewDocument,
    content_digest,
    get_document,
    list_documents,
    list_revisions,
    upload_document,
)
from antin.flows.filing.records import (
    NewRecord,
    add_to_record,
    amend_record,
    get_record,
    list_records,
    note_change,
    open_record,
)

__all__ = [
    "NewDocument",
    "NewItem",
    "NewRecord",
    "add_to_record",
    "amend_record",
    "content_digest",
    "create_catalogue",
    "get_document",
    "get_record",
    "list_catalogues",
    "list_documents",
    "list_records",
    "list_revisions",
    "note_change",
    "open_record",
    "upload_document",
]
