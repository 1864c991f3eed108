"""Whose certificates a signed PDF leans on, and when each must have been good."""

from dataclasses import dataclass
from datetime import datetime

from antin.core.digests import digest_of, digest_ranges
from antin.core.errors import InputError
from antin.pdf.document import PdfDocument, SignatureField
from antin.pki.certificates import Certificate
from antin.pki.cms_read import ParsedSignature, find_signer, parse_signature
from antin.pki.paths import Purpose
from antin.pki.timestamps import TimestampFacts, check_token, read_token


@dataclass(frozen=True)
class Subject:
    """A signer or a time-stamping authority of the file."""

    certificate: Certificate
    purpose: Purpose
    moment: datetime
    """When the certificate must have been good: the earliest proof that its signature existed."""
    certificates: tuple[bytes, ...]
    """That came along and may complete its path."""


@dataclass(frozen=True)
class Proof:
    """A document time-stamp: what was in the file by its revision existed at its time."""

    revision: int
    time: datetime


@dataclass(frozen=True)
class Subjects:
    """All that must be judged for one file."""

    all: tuple[Subject, ...]
    proofs: tuple[Proof, ...]
    unstamped: bool
    """Some signature has no time-stamp, neither its own nor a later one over the document."""


def subjects_of(document: PdfDocument, at: datetime) -> Subjects:
    """Return every signer and authority of ``document``; what has no proof is judged at ``at``.

    Errors: ``cms_malformed``, ``timestamp_wrong``, ``algorithm_forbidden``: a file with a signature
    that can't be read can't be made verifiable for long.
    """
    own = _fields(document, "document-timestamp")
    stamped = [(one, _document_timestamp(document, one)) for one in own]
    proofs = tuple(Proof(_end(document, one), facts.gen_time) for one, facts in stamped)
    found = [
        _authority(facts, _proven(proofs, _end(document, one)) or at) for one, facts in stamped
    ]
    unstamped = False
    for field in _fields(document, "signature"):
        later = _proven(proofs, _end(document, field))
        parsed = parse_signature(_contents(field))
        tokens = [_signature_timestamp(parsed, token) for token in parsed.timestamps]
        times = [facts.gen_time for facts in tokens] + ([later] if later else [])
        found.append(_signer(field, parsed, min(times, default=at)))
        found += [_authority(facts, later or at) for facts in tokens]
        unstamped = unstamped or not times
    return Subjects(tuple(found), proofs, unstamped)


def _fields(document: PdfDocument, kind: str) -> list[SignatureField]:
    return [field for field in document.signatures if field.kind == kind]


def _contents(field: SignatureField) -> bytes:
    if field.problem is not None:
        raise InputError("cms_malformed", detail=f"{field.name}: {field.problem}")
    return field.contents


def _end(document: PdfDocument, field: SignatureField) -> int:
    """Return the last revision that the field covers; the file's last where it is not clear."""
    return document.revisions if field.revision is None else field.revision


def _proven(proofs: tuple[Proof, ...], revision: int) -> datetime | None:
    """Return the earliest time at which what ``revision`` brought is proven to have existed."""
    return min((proof.time for proof in proofs if proof.revision > revision), default=None)


def _document_timestamp(document: PdfDocument, field: SignatureField) -> TimestampFacts:
    token = read_token(_contents(field))
    first, start, second, length = field.byte_range
    ranges = [(first, start), (second, length)]
    return check_token(token, digest_ranges(document.source, ranges, token.digest))


def _signature_timestamp(parsed: ParsedSignature, token: bytes) -> TimestampFacts:
    read = read_token(token)
    return check_token(read, digest_of(parsed.signature, read.digest))


def _signer(field: SignatureField, parsed: ParsedSignature, moment: datetime) -> Subject:
    signer = find_signer(parsed)
    if signer is None:
        raise InputError("cms_malformed", detail=f"{field.name} lacks its signer's certificate")
    return Subject(signer, "sign", moment, parsed.certificates)


def _authority(facts: TimestampFacts, moment: datetime) -> Subject:
    return Subject(facts.authority, "time-stamp", moment, facts.certificates)
