"""Unsigned attributes: what they bring is used, what nobody judges is named, nothing raises."""

import pytest

from antin.pki.cms_read import parse_signature as parse
from antin.pki.cms_unsigned import StoredValues, read_values
from antin.pki.der_write import NULL, integer, oid, sequence, tlv
from antin.pki.revocation import RevocationData
from tests.cmsparts import STAMP, Parts, attribute
from tests.smallpki import make_root

CERTIFICATES = "1.2.840.113549.1.9.16.2.23"
REVOCATION = "1.2.840.113549.1.9.16.2.24"
ONE, TWO, THREE = (sequence(integer(n)) for n in (1, 2, 3))


def wrapped(basic: bytes) -> bytes:
    """Return an OCSPResponse around a BasicOCSPResponse (RFC 6960 §4.2.1)."""
    body = sequence(oid("1.3.6.1.5.5.7.48.1.1"), tlv(0x04, basic))
    return sequence(tlv(0x0A, b"\x00"), tlv(0xA0, body))


def revocation(crls: list[bytes], answers: list[bytes], *more: bytes) -> bytes:
    return sequence(tlv(0xA0, sequence(*crls)), tlv(0xA1, sequence(*answers)), *more)


def test_what_is_stored_is_read() -> None:
    unsigned = {
        CERTIFICATES: (sequence(ONE, TWO), sequence(THREE)),
        REVOCATION: (revocation([ONE], [TWO], tlv(0xA2, NULL)), revocation([THREE], [])),
        STAMP: (ONE,),
    }
    assert read_values(unsigned) == StoredValues(
        (ONE, TWO, THREE), RevocationData(crls=(ONE, THREE), ocsps=(wrapped(TWO),)), ()
    )


@pytest.mark.parametrize(
    ("value", "crls", "answers"),
    [
        (sequence(tlv(0xA0, sequence(ONE))), (ONE,), ()),
        (sequence(tlv(0xA1, sequence(ONE))), (), (wrapped(ONE),)),
        (sequence(tlv(0xA2, NULL)), (), ()),
        (sequence(), (), ()),
    ],
)
def test_each_kind_of_revocation_values_may_be_missing(
    value: bytes, crls: tuple[bytes, ...], answers: tuple[bytes, ...]
) -> None:
    found = read_values({REVOCATION: (value,)})
    assert found == StoredValues((), RevocationData(crls=crls, ocsps=answers), ())


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        (CERTIFICATES, NULL, "certificate-values"),
        (CERTIFICATES, sequence(NULL), "certificate-values"),
        (CERTIFICATES, sequence(ONE) + b"\x00", "certificate-values"),
        (CERTIFICATES, sequence(*[ONE] * 1_001), "certificate-values"),
        (REVOCATION, NULL, "revocation-values"),
        (REVOCATION, revocation([NULL], []), "revocation-values"),
        (REVOCATION, revocation([], [NULL]), "revocation-values"),
        (REVOCATION, revocation([], [], tlv(0xA3, NULL)), "revocation-values"),
        (REVOCATION, sequence(tlv(0xA0, NULL)), "revocation-values"),
        (REVOCATION, sequence(tlv(0xA0, sequence(), NULL)), "revocation-values"),
        (REVOCATION, sequence(tlv(0xA1, sequence()), tlv(0xA0, sequence())), "revocation-values"),
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_named(kind: str, value: bytes, name: str) -> None:
    assert read_values({kind: (value,)}) == StoredValues((), RevocationData(), (name,))


def test_as_many_as_may_be() -> None:
    found = read_values({CERTIFICATES: (sequence(*[ONE] * 1_000),)})
    assert (len(found.certificates), found.unjudged) == (1_000, ())


def test_what_nobody_judges_is_named_once() -> None:
    unsigned = {"1.2.840.113549.1.9.6": (), "1.2.3.4": (NULL,), CERTIFICATES: (NULL,)}
    assert read_values(unsigned).unjudged == ("countersignature", "1.2.3.4", "certificate-values")


def test_a_signature_takes_what_is_stored_with_it() -> None:
    holder = make_root().issue("Nguyễn Văn A")
    parts = Parts(holder)
    policy = attribute("1.2.840.113549.1.9.16.2.15", NULL)
    parts.attributes = sorted([*parts.attributes, policy])
    parts.unsigned = tlv(
        0xA1,
        attribute(CERTIFICATES, sequence(holder.der, ONE)),
        attribute(REVOCATION, revocation([TWO], [THREE])),
        attribute("1.2.3.4", NULL),
    )
    found = parse(parts.der())
    assert found.certificates == (holder.der, ONE)
    assert found.revocation == RevocationData(crls=(TWO,), ocsps=(wrapped(THREE),))
    assert found.unjudged == ("1.2.3.4",)
