"""Which archive time-stamps of a CMS file cover what in it (EN 319 122-1 §5.5)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from antin.pki.archive_stamps import ARCHIVE_TIMESTAMP, ArchiveStamp, Value
from antin.pki.cms_read import ParsedSignature
from antin.pki.cms_structure import revocation_of
from antin.pki.cms_unsigned import CERTIFICATE_VALUES, REVOCATION_VALUES
from antin.pki.der_read import SEQUENCE
from antin.pki.revocation import RevocationData
from antin.verifier.proofs_of_existence import Place


@dataclass(frozen=True)
class NumberedStamp:
    """An archive time-stamp that holds by itself; later ones have larger numbers."""

    number: int
    signer: int
    """Position of the signature that it belongs to."""
    stamp: ArchiveStamp


class Coverage:
    """What the archive time-stamps of a file cover, by their numbers."""

    def __init__(self, held: Sequence[Sequence[ArchiveStamp]]) -> None:
        """Take in the archive time-stamps that hold by themselves, signer by signer."""
        found = [(signer, stamp) for signer, stamps in enumerate(held) for stamp in stamps]
        found.sort(key=lambda pair: pair[1].facts.gen_time)
        self.stamps = tuple(NumberedStamp(n, *pair) for n, pair in enumerate(found))
        """The oldest first."""
        self._signers = defaultdict[int, set[int]](set)
        self._certificates = defaultdict[bytes, set[int]](set)
        self._revocation = defaultdict[bytes, set[int]](set)
        self._values = defaultdict[tuple[int, Value], set[int]](set)
        for one in self.stamps:
            self._add(one)

    def _add(self, one: NumberedStamp) -> None:
        covered = one.stamp.covered
        self._signers[one.signer].add(one.number)
        for der in covered.certificates:
            self._certificates[der].add(one.number)
        for der in covered.revocation:
            self._revocation[der].add(one.number)
        for value in covered.values:
            self._values[one.signer, value].add(one.number)

    def of_signer(self, signer: int) -> Place:
        """Return what covers what a signer signed, and its value."""
        return frozenset(self._signers.get(signer, ()))

    def of_value(self, signer: int, kind: str, der: bytes) -> Place:
        """Return what covers one value of an unsigned attribute."""
        return frozenset(self._values.get((signer, (kind, der)), ()))

    def of_stamp(self, one: NumberedStamp) -> Place:
        """Return what covers an archive time-stamp."""
        return self.of_value(one.signer, ARCHIVE_TIMESTAMP, one.stamp.facts.token)

    def beside(self, cms: ParsedSignature) -> Iterator[tuple[Place, RevocationData]]:
        """Yield what lies beside the signers, in the sets that all of them share."""
        groups = defaultdict[Place, list[bytes]](list)
        for der in cms.listed.revocation:
            groups[frozenset(self._revocation.get(der, ()))].append(der)
        for place, listed in groups.items():
            yield place, revocation_of(tuple(listed))[0]
        for der in cms.listed.certificates:
            if der[0] == SEQUENCE:
                place = frozenset(self._certificates.get(der, ()))
                yield place, RevocationData(certificates=(der,))

    def within(self, signer: int, cms: ParsedSignature) -> Iterator[tuple[Place, RevocationData]]:
        """Yield what a signer has in attributes."""
        data = revocation_of(cms.listed.revocation)[0]
        beside = {*data.crls, *data.ocsps, *cms.listed.certificates}
        crls = tuple(der for der in cms.revocation.crls if der not in beside)
        ocsps = tuple(der for der in cms.revocation.ocsps if der not in beside)
        yield self._of_all(signer, REVOCATION_VALUES, cms), RevocationData(crls, ocsps)
        stored = tuple(der for der in cms.certificates if der not in beside)
        yield self._of_all(signer, CERTIFICATE_VALUES, cms), RevocationData(certificates=stored)

    def _of_all(self, signer: int, kind: str, cms: ParsedSignature) -> Place:
        """Return what covers every value of an unsigned attribute, and so anything in it."""
        found = frozenset(self._signers.get(signer, ()))
        for der in cms.unsigned.get(kind, ()):
            found &= frozenset(self._values.get((signer, (kind, der)), ()))
        return found
