"""Adding a revision to a document: verified, stored as a blob, then named by a row."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from antin.core.bytesource import ByteSource, FileSource
from antin.core.errors import ConflictError
from antin.core.ids import new_id
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.flows.verify import unproven_timestamps, verify_source
from antin.records.document import Cause, Revision
from antin.records.seal import SignedState
from antin.verifier.report import ChangeLevel, Finding, Indication, Report
from antin.verifier.writers.json import to_json

_NO_CHANGE: Final = frozenset({ChangeLevel.NONE, ChangeLevel.LTA_UPDATES})
"""What later revisions may have done to what was signed: validation data, time-stamps."""


@dataclass(frozen=True)
class StoredFile:
    """A file that is stored durably and has passed verification, not yet named by any row."""

    sha256: str
    size: int
    report_sha256: str
    warnings: tuple[Finding, ...] = ()
    """Of its newest signature: time-stamps of which it can't be told what they prove."""


def store_verified(services: Services, path: Path, name: str) -> StoredFile:
    """Verify what we made as a stranger would, then store it and its report.

    Error: ``result_not_valid`` when it did not pass. A time that our own fresh signature can't
    prove yet (B-B) is no reason against it.
    """
    with FileSource(path) as source:
        report = verify_source(services, source, name)
        report.raise_if_not_passed()
        sha256 = services.blobs.put(source)
        stored = StoredFile(sha256, source.size, store_report(services, report))
    signatures = [one for one in report.signatures if one.kind == "signature"]
    return replace(stored, warnings=unproven_timestamps(signatures[-1])) if signatures else stored


def store_report(services: Services, report: Report) -> str:
    """Keep a report as a blob and return its SHA-256 (CRY-5: the result of the check is kept)."""
    return services.blobs.put_bytes(to_json(report).encode())


def add_revision(
    stores: Stores, document_id: str, expected: str, file: StoredFile, cause: Cause, at: datetime
) -> Revision:
    """Append ``file``; ``document_changed`` unless revision ``expected`` is still the newest."""
    newest = stores.documents.newest(document_id)
    if newest is None or newest.id != expected:
        raise ConflictError("document_changed")
    revision = Revision(
        id=new_id(),
        document_id=document_id,
        ordinal=newest.ordinal + 1,
        sha256=file.sha256,
        size=file.size,
        cause=cause,
        created_at=at,
        report_sha256=file.report_sha256,
    )
    stores.documents.add_revision(revision)
    return revision


def signed_state(report: Report) -> SignedState:
    """Return what ``report`` says of the persons' signatures in a document."""
    signatures = [s for s in report.signatures if s.kind == "signature"]
    passed = sum(s.indication is Indication.PASSED for s in signatures)
    whole = passed == len(signatures) and not _failed(report)
    # Signatures stand in the order in which they were made.
    as_signed = all(s.changes_after.level in _NO_CHANGE for s in signatures[-1:])
    return SignedState(passed, whole, as_signed, report.why_not())


def _failed(report: Report) -> bool:
    return any(finding.severity == "error" for finding in report.findings)


def verified_state(services: Services, source: ByteSource, name: str) -> SignedState:
    """Verify ``source`` and return the state of its signatures."""
    return signed_state(verify_source(services, source, name))
