"""Whose certificates a CMS file leans on, and when each must have been good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from antin.core.digests import digest_of, same
from antin.core.errors import InputError, RefusedError
from antin.pki.archive_stamps import (
    ArchiveStamp,
    ListedDigests,
    archive_tokens,
    check_archive_stamp,
)
from antin.pki.cms_attributes import SIGNATURE_TIMESTAMP
from antin.pki.cms_read import ParsedSignature, find_signer
from antin.pki.paths import Material, material
from antin.pki.timestamps import TimestampFacts, TimestampToken, check_token, read_token
from antin.pki.trust import TrustMaterial
from antin.signer.subjects import Subject
from antin.verifier.archive_coverage import Coverage
from antin.verifier.proofs_of_existence import Place, Proofs, archived

ContentDigest = Callable[[str], bytes]
"""Gives the digest of the content by an algorithm's name."""


@dataclass(frozen=True)
class CmsSubjects:
    """All that must be judged for one CMS file."""

    signers: tuple[ParsedSignature, ...] = field(repr=False)
    all: tuple[Subject, ...]
    unstamped: tuple[bytes, ...]
    """Fields of signers that have no time-stamp of any kind."""
    proofs: Proofs
    coverage: Coverage = field(repr=False)

    def inside(self, trust: TrustMaterial, at: datetime) -> Material:
        """Return what a stranger has who holds the file and the anchors only."""
        parts = list(self.coverage.beside(self.signers[0]))
        for position, cms in enumerate(self.signers):
            parts += self.coverage.within(position, cms)
        evidence = archived(parts, at).proven_by(self.proofs)
        certificates = [der for _, data in parts for der in data.certificates]
        certificates += [der for subject in self.all for der in subject.certificates]
        return material(TrustMaterial(trust.anchors), at, certificates, evidence)


def subjects_in(
    signers: Sequence[ParsedSignature], content: ContentDigest, at: datetime
) -> CmsSubjects:
    """Return every signer and authority; what no time-stamp proves the age of is judged at ``at``.

    Errors: ``content_not_signed``, ``cms_malformed``, ``timestamp_wrong``,
    ``algorithm_forbidden``: what does not hold can't be made verifiable for long.
    """
    listed = ListedDigests(signers[0].listed)
    held = [_archive_stamps(cms, listed, content) for cms in signers]
    coverage, proofs = Coverage(held), Proofs(at)
    for one in coverage.stamps:
        proofs = proofs.with_stamp(one.number, one.stamp.facts.gen_time)
    found, unstamped = list[Subject](), list[bytes]()
    for position, cms in enumerate(signers):
        _check_content(cms, content)
        tokens = [_signature_timestamp(cms, token) for token in cms.timestamps]
        proven = proofs.of(coverage.of_signer(position))
        times = [facts.gen_time for facts in tokens] + ([proven] if proven else [])
        found.append(_signer(cms, min(times, default=at)))
        for facts in tokens:
            place = coverage.of_value(position, SIGNATURE_TIMESTAMP, facts.token)
            found.append(_authority(facts, proofs, place))
        if not times:
            unstamped.append(cms.signer_fields)
    for one in coverage.stamps:
        found.append(_authority(one.stamp.facts, proofs, coverage.of_stamp(one)))
    return CmsSubjects(tuple(signers), tuple(found), tuple(unstamped), proofs, coverage)


def _check_content(cms: ParsedSignature, content: ContentDigest) -> None:
    """Raise ``content_not_signed`` unless the signer signed this content."""
    if cms.message_digest is not None and not same(content(cms.digest), cms.message_digest):
        raise RefusedError("content_not_signed")


def _archive_stamps(
    cms: ParsedSignature, listed: ListedDigests, content: ContentDigest
) -> tuple[ArchiveStamp, ...]:
    return tuple(
        check_archive_stamp(_readable(token), cms, listed, content) for token in archive_tokens(cms)
    )


def _readable(token: TimestampToken | InputError | RefusedError) -> TimestampToken:
    if isinstance(token, TimestampToken):
        return token
    raise token


def _signature_timestamp(cms: ParsedSignature, der: bytes) -> TimestampFacts:
    token = read_token(der)
    return check_token(token, digest_of(cms.signature, token.digest))


def _signer(cms: ParsedSignature, moment: datetime) -> Subject:
    signer = find_signer(cms)
    if signer is None:
        raise InputError("cms_malformed", detail="it lacks its signer's certificate")
    return Subject(signer, "sign", moment, cms.certificates)


def _authority(facts: TimestampFacts, proofs: Proofs, place: Place) -> Subject:
    return Subject(facts.authority, "time-stamp", proofs.of_data(place), facts.certificates)
