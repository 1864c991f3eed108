"""Documents: a chain of immutable revisions, each a content-addressed file."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is to its neighbours."""

    MAIN = "main"
    ATTACHMENT = "attachment"
    """A separate file that belongs to a main document (``parent_id``)."""


class Cause(StrEnum):
    """Why a revision came to be."""

    UPLOADED = "uploaded"
    SIGNED = "signed"
    SEALED = "sealed"
    AUGMENTED = "augmented"


@dataclass(frozen=True)
class Document:
    """A document with the metadata that the first version needs (Decree 30/2020, appendix VI)."""

    id: str
    agency_id: str
    title: str
    kind: DocumentKind
    file_name: str
    created_at: datetime
    parent_id: str | None = None
    code_number: str = ""
    code_notation: str = ""
    version: int = 1


@dataclass(frozen=True)
class Revision:
    """One state of a document's file."""

    id: str
    document_id: str
    ordinal: int
    """From 1."""
    sha256: str
    size: int
    cause: Cause
    created_at: datetime
    report_sha256: str | None = None
    """Digest of the stored verification report that let this revision in, if one was made."""
