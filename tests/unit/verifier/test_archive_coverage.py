"""Which archive time-stamps cover what in a CMS file: each place, of signers and beside them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from antin.pki.archive_stamps import ARCHIVE_TIMESTAMP, ArchiveStamp, Covered
from antin.pki.certificates import load_certificate
from antin.pki.cms_read import ParsedSignature, parse_signature
from antin.pki.cms_structure import Listed
from antin.pki.cms_unsigned import CERTIFICATE_VALUES, REVOCATION_VALUES
from antin.pki.der_write import integer, sequence, tlv
from antin.pki.revocation import RevocationData
from antin.pki.timestamps import TimestampFacts
from antin.verifier.archive_coverage import Coverage
from tests.cmsparts import Parts
from tests.smallpki import NOW, Holder, make_root

ONE, TWO, THREE = (sequence(integer(n)) for n in (1, 2, 3))
OTHER = tlv(0xA2, ONE)
"""Something else."""


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


@pytest.fixture(scope="module")
def signature(root: Holder) -> ParsedSignature:
    return parse_signature(Parts(root).der())


def stamp(root: Holder, moment: datetime, covered: Covered, token: bytes = b"") -> ArchiveStamp:
    authority = load_certificate(root.der)
    return ArchiveStamp(TimestampFacts(token, moment, "sha256", authority, (), 1, "1.2"), covered)


def test_the_oldest_comes_first_whoever_it_belongs_to(root: Holder) -> None:
    late, early, between = (
        stamp(root, NOW + timedelta(days=days), Covered()) for days in (3, 1, 2)
    )
    found = Coverage([(late, early), (between,)])
    assert [(one.signer, one.stamp) for one in found.stamps] == [
        (0, early),
        (1, between),
        (0, late),
    ]
    first, second, third = (one.number for one in found.stamps)
    assert first < second < third
    assert found.of_signer(0) == frozenset({first, third})
    assert found.of_signer(1) == frozenset({second})
    assert found.of_signer(2) == frozenset()


def test_a_value_is_covered_in_its_place(root: Holder) -> None:
    kind, token = "1.2.3.4", b"an older time-stamp"
    covering = Covered(values=frozenset({(kind, ONE), (ARCHIVE_TIMESTAMP, token)}))
    older = stamp(root, NOW, Covered(), token)
    younger = stamp(root, NOW + timedelta(days=1), covering, b"another")
    found = Coverage([(older, younger), (replace(older),)])
    number = found.stamps[-1].number
    assert found.of_value(0, kind, ONE) == frozenset({number})
    assert found.of_value(1, kind, ONE) == frozenset()
    assert found.of_value(0, "1.2.3.5", ONE) == frozenset()
    assert found.of_value(0, kind, TWO) == frozenset()
    nowhere = frozenset[int]()
    places = [found.of_stamp(one) for one in found.stamps]
    assert places == [frozenset({number}), nowhere, nowhere]


def test_what_lies_beside_the_signers_is_one_for_all(
    root: Holder, signature: ParsedSignature
) -> None:
    covering = Covered(certificates=frozenset({ONE, OTHER}), revocation=frozenset({THREE}))
    found = Coverage([(), (stamp(root, NOW, covering),)])
    (number,) = (one.number for one in found.stamps)
    listed = Listed(certificates=(ONE, OTHER, TWO), revocation=(TWO, THREE, ONE))
    assert list(found.beside(replace(signature, listed=listed))) == [
        (frozenset(), RevocationData(crls=(TWO, ONE))),
        ({number}, RevocationData(crls=(THREE,))),
        ({number}, RevocationData(certificates=(ONE,))),
        (frozenset(), RevocationData(certificates=(TWO,))),
    ]


@pytest.mark.parametrize("kind", [CERTIFICATE_VALUES, REVOCATION_VALUES])
@pytest.mark.parametrize("covered", [(), (ONE,), (TWO,), (ONE, TWO)])
def test_what_lies_in_attributes_is_covered_if_each_value_is(
    root: Holder, signature: ParsedSignature, kind: str, covered: tuple[bytes, ...]
) -> None:
    """Another signer has the same attribute; that it is covered there says nothing here."""
    values = frozenset((kind, der) for der in covered)
    both = frozenset((kind, der) for der in (ONE, TWO))
    found = Coverage(
        [(stamp(root, NOW, Covered(values=values)),), (stamp(root, NOW, Covered(values=both)),)]
    )
    mine, other = (one.number for one in found.stamps)
    data = RevocationData(crls=(THREE, TWO), ocsps=(OTHER,))
    cms = replace(
        signature,
        listed=Listed(certificates=(ONE,), revocation=(TWO,)),
        unsigned={kind: (ONE, TWO)},
        revocation=data,
        certificates=(ONE, THREE),
    )
    whole = {mine} if len(covered) == 2 else frozenset()
    places = dict.fromkeys((REVOCATION_VALUES, CERTIFICATE_VALUES), frozenset({mine}))
    assert list(found.within(0, cms)) == [
        ({**places, kind: whole}[REVOCATION_VALUES], RevocationData((THREE,), (OTHER,))),
        ({**places, kind: whole}[CERTIFICATE_VALUES], RevocationData(certificates=(THREE,))),
    ]
    assert {place for place, _ in found.within(1, cms)} == {frozenset({other})}
    assert {place for place, _ in found.within(2, cms)} == {frozenset()}
