"""Proofs of existence: what document time-stamps prove to be how old (EN 319 102-1 §5.6.2.3).

A document time-stamp covers every byte of the revisions before its end, other signatures, older
time-stamps and validation data among them. Only time-stamps that were themselves found valid are
added, the last one first: each proves the age of the one before, whose certificates may have
expired since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from antin.core.digests import sha256_hex
from antin.core.limits import MAX_SIGNATURES
from antin.pki.certificates import Certificate
from antin.pki.revocation import RevocationData
from antin.pki.revocation_status import Evidence, read_evidence

MAX_EVIDENCE: Final = 1_000
"""CRLs and OCSP answers of one file that are looked at."""


@dataclass(frozen=True)
class Proofs:
    """Validated document time-stamps: the revision each ends, and its time."""

    checked_at: datetime
    stamps: tuple[tuple[int, datetime], ...] = ()

    def with_stamp(self, revision: int, moment: datetime) -> "Proofs":
        """Return these proofs and one more."""
        return replace(self, stamps=(*self.stamps, (revision, moment))[:MAX_SIGNATURES])

    def of_signature(self, revision: int | None) -> datetime | None:
        """Return the earliest proven time of a signature that ends ``revision``; None: none."""
        return None if revision is None else self._earliest(revision + 1)

    def of_data(self, revision: int) -> datetime:
        """Return when data that appeared in ``revision`` existed: proven, or at checking only."""
        return self._earliest(revision) or self.checked_at

    def before(self, revision: int | None) -> datetime | None:
        """Return a proven time before which a signature that ends ``revision`` did not exist.

        It signs earlier time-stamps along with the rest of the file, so it is younger than they.
        """
        if revision is None:
            return None
        return max((moment for ends, moment in self.stamps if ends < revision), default=None)

    def _earliest(self, from_revision: int) -> datetime | None:
        found = (moment for ends, moment in self.stamps if ends >= from_revision)
        return min(found, default=None)


@dataclass(frozen=True)
class Sighted:
    """Certificates in the file, by the first revision that a time-stamp must end to cover them."""

    revisions: Mapping[str, int] = field(default_factory=dict, repr=False)
    """By SHA-256, hex."""

    def since(self, certificate: Certificate, proofs: Proofs) -> datetime | None:
        """Return since when ``certificate`` is proven to be there; None: it is not in the file."""
        revision = self.revisions.get(certificate.sha256)
        return None if revision is None else proofs.of_data(revision)


def sighted(parts: Iterable[tuple[int, Iterable[bytes]]]) -> Sighted:
    """Return where certificates (DER) of the file appeared first."""
    found: dict[str, int] = {}
    for revision, certificates in parts:
        for der in certificates:
            name = sha256_hex(der)
            found[name] = min(revision, found.get(name, revision))
    return Sighted(found)


@dataclass(frozen=True)
class ArchivedEvidence:
    """Revocation data in the file, by the revision that a time-stamp must end to cover them."""

    parts: tuple[tuple[int, Evidence], ...] = field(default=(), repr=False)

    def proven_by(self, proofs: Proofs) -> Evidence:
        """Return all of it, each part with the time it is proven to have existed at."""
        return sum(
            (evidence.proven_at(proofs.of_data(revision)) for revision, evidence in self.parts),
            Evidence(),
        )


def archived(parts: list[tuple[int, RevocationData]], checked_at: datetime) -> ArchivedEvidence:
    """Read revocation data of the file once; what can't be read proves nothing.

    A file that brings absurdly many CRLs and answers has only its first ones looked at.
    """
    read, left = [], MAX_EVIDENCE
    for revision, data in parts:
        bounded = RevocationData(data.crls[:left], data.ocsps[:left])
        left = max(0, left - len(bounded.crls) - len(bounded.ocsps))
        evidence = read_evidence(bounded, checked_at)
        if evidence != Evidence():
            read.append((revision, evidence))
    return ArchivedEvidence(tuple(read))
