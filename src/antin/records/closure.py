"""Closures: what was checked, what is certified."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from antin.core.canonical import JsonObject
from antin.core.clock import iso_utc
from antin.records.document import Document, Revision
from antin.records.record import Record


@dataclass(frozen=True)
class Closure:
    """One closure of a record; the digests name blobs."""

    id: str
    record_id: str
    number: int
    """From 1; a reopened record gets a new one."""
    manifest_sha256: str
    """``closure.json``"""
    signature_sha256: str
    """``closure.json.p7s``: detached CMS of the agency's seal key."""
    certificate_sha256: str
    """``certificate.pdf``"""
    closed_at: datetime
    principal_id: str


@dataclass(frozen=True)
class SignatureFact:
    """One signature as the manifest lists it."""

    field: str
    kind: str
    signer: str
    level: str | None
    indication: str
    time: datetime | None


@dataclass(frozen=True)
class DocumentFact:
    """What the closing found out about one document."""

    ordinal: int
    document: Document
    revision: Revision
    conclusion: str
    """Of the report."""
    reasons: tuple[str, ...]
    """Why it did not pass: one sentence per error, located."""
    report_sha256: str
    signatures: tuple[SignatureFact, ...]
    open_task: bool = False
    open_seal: bool = False


@dataclass(frozen=True)
class ClosureFacts:
    """All that the closure rules look at."""

    record: Record
    documents: tuple[DocumentFact, ...]


@dataclass(frozen=True)
class Shortcoming:
    """One reason why a record can't be closed: the rule, which document, what is wrong."""

    rule: str
    detail: str
    document_id: str | None = None

    def as_json(self) -> JsonObject:
        """Return it as it stands in answers and ledger payloads."""
        return {"rule": self.rule, "detail": self.detail, "document_id": self.document_id}


def manifest(
    facts: ClosureFacts,
    number: int,
    closed_at: datetime,
    principal_id: str,
    ledger: JsonObject,
) -> JsonObject:
    """Return the closure manifest: every document, digest, signature and report digest.

    ``ledger`` says up to which entry the record's history is covered
    (``origin``, ``stream``, ``n``, ``leaf``).
    """
    record = facts.record
    return {
        "schema": "antin-closure/1",
        "record": {
            "id": record.id,
            "agency_id": record.agency_id,
            "code_notation": record.code_notation,
            "title": record.title,
            "retention": record.retention,
            "creator": record.creator,
            "start_date": record.start_date.isoformat(),
        },
        "number": number,
        "closed_at": iso_utc(closed_at),
        "closed_by": principal_id,
        "documents": tuple(_listed(facts.documents)),
        "ledger": ledger,
    }


def _listed(documents: Iterable[DocumentFact]) -> Iterable[JsonObject]:
    for fact in documents:
        yield {
            "ordinal": fact.ordinal,
            "document_id": fact.document.id,
            "title": fact.document.title,
            "kind": fact.document.kind.value,
            "code_number": fact.document.code_number,
            "code_notation": fact.document.code_notation,
            "file_name": fact.document.file_name,
            "revision": fact.revision.ordinal,
            "sha256": fact.revision.sha256,
            "size": fact.revision.size,
            "conclusion": fact.conclusion,
            "report_sha256": fact.report_sha256,
            "signatures": tuple(
                {
                    "field": s.field,
                    "kind": s.kind,
                    "signer": s.signer,
                    "level": s.level,
                    "indication": s.indication,
                    "time": iso_utc(s.time) if s.time else None,
                }
                for s in fact.signatures
            ),
        }
