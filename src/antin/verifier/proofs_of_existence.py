"""Proofs of existence: what time-stamps prove to be how old (EN 319 102-1 §5.6.2.3).

A document time-stamp covers every byte of the revisions before its end, other signatures, older
time-stamps and validation data among them; an archive time-stamp of a CMS file what it lists. Only
time-stamps that were themselves found valid are added, the last one first: each proves the age of
the one before, whose certificates may have expired since.
"""

from collections.abc import Iterable, Mapping, Sequence
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


Place = int | frozenset[int]
"""Which time-stamps cover something: in a PDF those that end this revision or a later one, in a
CMS file those of these numbers."""
NOWHERE: Final[Place] = frozenset()


def covers(number: int, place: Place) -> bool:
    """Tell whether the time-stamp of this number (a revision) covers what lies at ``place``."""
    return number in place if isinstance(place, frozenset) else number >= place


@dataclass(frozen=True)
class Places:
    """Where a signature lies, and the time-stamps in it."""

    signature: Place
    tokens: Mapping[bytes, Place] = field(default_factory=dict, repr=False)
    """By the DER of the token; others lie where the signature does."""

    def of_token(self, token: bytes) -> Place:
        """Return where a time-stamp of the signature lies."""
        return self.tokens.get(token, self.signature)


def places_in_pdf(revision: int | None) -> Places:
    """Return where a signature lies that ends ``revision``: it is covered from the next one on."""
    return Places(NOWHERE if revision is None else revision + 1)


@dataclass(frozen=True)
class Proofs:
    """Validated time-stamps: the number of each (the revision it ends), and its time."""

    checked_at: datetime
    stamps: tuple[tuple[int, datetime], ...] = ()

    def with_stamp(self, number: int, moment: datetime) -> "Proofs":
        """Return these proofs and one more."""
        return replace(self, stamps=(*self.stamps, (number, moment))[:MAX_SIGNATURES])

    def of(self, place: Place) -> datetime | None:
        """Return the earliest proven time of what lies at ``place``; None: none is proven."""
        return min(
            (moment for number, moment in self.stamps if covers(number, place)), default=None
        )

    def of_data(self, place: Place) -> datetime:
        """Return when data at ``place`` existed: proven, or at checking only."""
        return self.of(place) or self.checked_at

    def before(self, revision: int | None) -> datetime | None:
        """Return a proven time before which a signature that ends ``revision`` did not exist.

        It signs earlier time-stamps along with the rest of the file, so it is younger than they.
        """
        if revision is None:
            return None
        return max((moment for ends, moment in self.stamps if ends < revision), default=None)


@dataclass(frozen=True)
class Sighted:
    """Certificates in the file, and where they lie."""

    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict, repr=False)
    """By SHA-256, hex."""

    def since(self, certificate: Certificate, proofs: Proofs) -> datetime | None:
        """Return since when ``certificate`` is proven to be there; None: it is not in the file."""
        places = self.places.get(certificate.sha256, ())
        return min((proofs.of_data(place) for place in places), default=None)


def sighted(parts: Iterable[tuple[Place, Iterable[bytes]]]) -> Sighted:
    """Return where certificates (DER) of the file lie."""
    found: dict[str, dict[Place, None]] = {}
    for place, certificates in parts:
        for der in certificates:
            found.setdefault(sha256_hex(der), {})[place] = None
    return Sighted({name: tuple(places) for name, places in found.items()})


@dataclass(frozen=True)
class ArchivedEvidence:
    """Revocation data in the file, by where they lie."""

    parts: tuple[tuple[Place, Evidence], ...] = field(default=(), repr=False)

    def proven_by(self, proofs: Proofs) -> Evidence:
        """Return all of it, each part with the time it is proven to have existed at."""
        return sum(
            (evidence.proven_at(proofs.of_data(place)) for place, evidence in self.parts),
            Evidence(),
        )


def archived(
    parts: Sequence[tuple[Place, RevocationData]], checked_at: datetime
) -> ArchivedEvidence:
    """Read revocation data of the file once; what can't be read proves nothing.

    A file that brings absurdly many CRLs and answers has only its first ones looked at.
    """
    read, left = [], MAX_EVIDENCE
    for place, data in parts:
        bounded = RevocationData(data.crls[:left], data.ocsps[:left])
        left = max(0, left - len(bounded.crls) - len(bounded.ocsps))
        evidence = read_evidence(bounded, checked_at)
        if evidence != Evidence():
            read.append((place, evidence))
    return ArchivedEvidence(tuple(read))
