"""CMS files made verifiable for long: B-T, B-LT, B-LTA (EN 319 122-1 §6), ours and others'.

Validation data go into the sets beside the signers, as the baseline wants it, and an archive
time-stamp covers them there; archive renewal is one more of it, with the data of the last one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from antin.core.bytesource import ByteSource, MemorySource
from antin.core.digests import digest_of, digests_by
from antin.core.errors import RefusedError, UsageError
from antin.pki.archive_stamps import (
    ARCHIVE_TIMESTAMP,
    HASH_INDEX,
    archive_imprint,
    archive_tokens,
    index_of,
)
from antin.pki.cms_attributes import SIGNATURE_TIMESTAMP
from antin.pki.cms_file import CmsFile, open_cms
from antin.pki.cms_read import ParsedSignature, parse_signers
from antin.pki.cms_structure import TST_INFO
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.revocation import RevocationData
from antin.pki.timestamps import TimestampToken
from antin.pki.trust import TrustMaterial
from antin.signer.algorithms import DIGEST_OIDS, digest_identifier
from antin.signer.cms_parts import CmsParts, parts_of, written
from antin.signer.cms_subjects import CmsSubjects, subjects_in
from antin.signer.files import storage_errors
from antin.signer.long_term import missing_for
from antin.signer.request import Level
from antin.signer.timestamping import stamp

_LEGACY: Final = {
    "1.2.840.113549.1.9.16.2.48": "archive-time-stamp-v2",
    "1.2.840.113549.1.9.16.2.27": "archive-time-stamp",
    "0.4.0.1733.2.2": "long-term-validation",
}
"""Attributes over the whole file as it lies: anything added to it would break them."""
_FALLBACK: Final = "sha256"
"""Where the signer's own digest is too weak to be stamped today."""


@dataclass(frozen=True)
class LongTermServices:
    """What raising a signature leans on beside the file."""

    trust: TrustMaterial = field(repr=False)
    timestamps: TimestampService | None
    revocation: RevocationService | None
    at: datetime
    """The time of judging."""


def augment_cms(
    source: ByteSource,
    content: ByteSource | None,
    output: Path,
    level: Level,
    trust: TrustMaterial,
    timestamps: TimestampService | None,
    revocation: RevocationService | None,
    at: datetime,
) -> None:
    """Write the CMS file in ``source`` with all its signatures raised to ``level`` to ``output``.

    ``output`` is a temporary file of the caller's. ``content`` is what they sign, where it is not
    inside; ``at`` the time of judging. What is signed stays as it lies; the rest is written as DER,
    without PEM around it.

    Errors: ``nothing_to_augment``, ``content_required``, ``content_not_signed``,
    ``augmenting_harmful``, ``cms_malformed``, and those of :func:`antin.signer.augment.augment`.
    """
    if level is Level.B_B:
        raise UsageError("usage", detail="augmenting starts at level B-T")
    file = open_cms(source)
    signers = _readable(file.bare)
    digests = _digests(file, signers, content)
    services = LongTermServices(trust, timestamps, revocation, at)
    parts = raised(parts_of(file), digests, level, services)
    with storage_errors(), output.open("wb") as out:
        for chunk in written(parts, file):
            out.write(chunk)


def raised(
    parts: CmsParts, digests: Mapping[str, bytes], level: Level, services: LongTermServices
) -> CmsParts:
    """Return ``parts`` at ``level``; ``digests`` are those of the content that it asks for."""
    # 1. A time for every signature that has none, over its value.
    for fields in _subjects(parts, digests, services).unstamped:
        parts = _with_signature_timestamp(parts, fields, services)
    if level is Level.B_T:
        return parts
    # 2. What a later check of the signers and authorities needs.
    parts = _completed(parts, digests, services)
    if level is Level.B_LT:
        return parts
    # 3. A time-stamp over all of it, and what a later check of that needs.
    for one in parts.signers:
        parts = _with_archive_timestamp(parts, one.fields, digests, services)
    return _completed(parts, digests, services)


def archive_digest(cms: ParsedSignature) -> str:
    """Return by which digest an archive time-stamp of ``cms`` is made."""
    return cms.digest if cms.digest in DIGEST_OIDS else _FALLBACK


def _readable(bare: bytes) -> tuple[ParsedSignature, ...]:
    """Return the signers, all of them; one that can't be read can't be made to last."""
    found = list[ParsedSignature]()
    for one in parse_signers(bare):
        if not isinstance(one, ParsedSignature):
            raise one
        legacy = [name for kind, name in _LEGACY.items() if kind in one.unsigned]
        if legacy:
            raise RefusedError("augmenting_harmful", detail=f"it would break {legacy[0]}")
        found.append(one)
    if not found or found[0].content_type == TST_INFO:
        raise RefusedError("nothing_to_augment")
    return tuple(found)


def _digests(
    file: CmsFile, signers: tuple[ParsedSignature, ...], content: ByteSource | None
) -> Mapping[str, bytes]:
    """Return the digests of the content that are needed; it is read once, in pieces."""
    wanted = {name for one in signers for name in (one.digest, archive_digest(one))}
    tokens = (token for one in signers for token in archive_tokens(one))
    wanted |= {token.digest for token in tokens if isinstance(token, TimestampToken)}
    if file.content is not None:
        return digests_by(file.source, file.content, wanted)
    if content is None:
        raise UsageError("content_required")
    return digests_by(content, ((0, content.size),), wanted)


def _subjects(
    parts: CmsParts, digests: Mapping[str, bytes], services: LongTermServices
) -> CmsSubjects:
    return subjects_in(_readable(parts.encoded()), digests.__getitem__, services.at)


def _completed(
    parts: CmsParts, digests: Mapping[str, bytes], services: LongTermServices
) -> CmsParts:
    subjects = _subjects(parts, digests, services)
    inside = subjects.inside(services.trust, services.at)
    missing = missing_for(subjects.all, inside, services.trust, services.revocation)
    if missing is None:
        return parts
    # Time-stamps bring certificates of their own, which are not put there twice.
    carried = {der for subject in subjects.all for der in subject.certificates}
    certificates = tuple(der for der in missing.certificates if der not in carried)
    return parts.with_data(RevocationData(missing.crls, missing.ocsps, certificates))


def _signer(parts: CmsParts, fields: bytes) -> ParsedSignature:
    return next(one for one in _readable(parts.encoded()) if one.signer_fields == fields)


def _with_signature_timestamp(
    parts: CmsParts, fields: bytes, services: LongTermServices
) -> CmsParts:
    """EN 319 122-1 §5.3: a time-stamp over the signature value."""
    cms = _signer(parts, fields)
    digest = archive_digest(cms)
    token = stamp(services.timestamps, digest_of(cms.signature, digest), digest).token
    return parts.with_attribute(fields, SIGNATURE_TIMESTAMP, token)


def _with_archive_timestamp(
    parts: CmsParts, fields: bytes, digests: Mapping[str, bytes], services: LongTermServices
) -> CmsParts:
    """EN 319 122-1 §5.5.3: a time-stamp over all that is there, and the list of it."""
    cms = _signer(parts, fields)
    digest = archive_digest(cms)
    index = index_of(cms, digest, digest_identifier(digest))
    imprint = archive_imprint(cms, digests[digest], index, digest)
    token = _with_index(stamp(services.timestamps, imprint, digest).token, index)
    return parts.with_attribute(fields, ARCHIVE_TIMESTAMP, token)


def _with_index(token: bytes, index: bytes) -> bytes:
    """Return a time-stamp token with the list of what it covers in it."""
    file = open_cms(MemorySource(token))
    parts = parts_of(file)
    (signer,) = parts.signers  # as checked with the answer
    return b"".join(written(parts.with_attribute(signer.fields, HASH_INDEX, index), file))
