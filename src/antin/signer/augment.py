"""Making signatures verifiable for long: B-T, B-LT, B-LTA (EN 319 142-1 §6), ours and others'."""

from datetime import datetime
from pathlib import Path

from antin.core.bytesource import ByteSource, FileSource
from antin.core.errors import RefusedError, UsageError
from antin.pdf.document import open_pdf
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.trust import TrustMaterial
from antin.signer.document_timestamp import add_document_timestamp
from antin.signer.files import copy_source
from antin.signer.long_term import missing_data
from antin.signer.request import Level
from antin.signer.subjects import Subjects, subjects_of
from antin.signer.validation_store import add_validation_data


def augment(
    source: ByteSource,
    output: Path,
    level: Level,
    trust: TrustMaterial,
    timestamps: TimestampService | None,
    revocation: RevocationService | None,
    at: datetime,
) -> None:
    """Write ``source`` with all its signatures raised to ``level`` to ``output``.

    ``output`` is a temporary file of the caller's, who syncs it and makes it appear; it begins with
    the bytes of ``source`` and is worthless after an error. Signatures without any time-stamp get
    one over the document; for B-LT the paths of all signers and authorities, with proof that nobody
    was revoked, go into the security store; for B-LTA a document time-stamp follows. Without
    ``revocation`` the data in ``trust`` and in the file must do. ``at`` is the time of judging.

    Errors: ``nothing_to_augment``, the codes of :func:`antin.pki.paths.judge` (a signer who was
    revoked, or whose status is unknown, can't be vouched for), of time-stamping and of reading.
    """
    if level is Level.B_B:
        raise UsageError("usage", detail="augmenting starts at level B-T")
    copy_source(source, output)
    augment_file(output, level, trust, timestamps, revocation, at)


def augment_file(
    path: Path,
    level: Level,
    trust: TrustMaterial,
    timestamps: TimestampService | None,
    revocation: RevocationService | None,
    at: datetime,
) -> None:
    """Do the same to a temporary file of the caller's, in place."""
    # 1. A time for every signature that has none.
    if _inspect(path, at).unstamped:
        add_document_timestamp(path, timestamps)
    if level is Level.B_T:
        return
    # 2. What a later check of the signers and authorities needs.
    _complete_store(path, trust, revocation, at)
    if level is Level.B_LT:
        return
    # 3. A time-stamp over all of it, and what a later check of that needs.
    add_document_timestamp(path, timestamps)
    _complete_store(path, trust, revocation, at)


def _inspect(path: Path, at: datetime) -> Subjects:
    with FileSource(path) as source:
        document = open_pdf(source)
        if not document.signatures:
            raise RefusedError("nothing_to_augment")
        return subjects_of(document, at)


def _complete_store(
    path: Path, trust: TrustMaterial, revocation: RevocationService | None, at: datetime
) -> None:
    with FileSource(path) as source:
        missing = missing_data(open_pdf(source), trust, revocation, at)
    if missing is not None:
        add_validation_data(path, missing)
