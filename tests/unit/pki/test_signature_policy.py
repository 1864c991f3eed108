"""What a signer says of a signature policy, read without believing it."""

import hashlib

import pytest

from antin.core.errors import InputError, RefusedError
from antin.pki.der_write import oid, sequence, tlv
from antin.pki.signature_policy import SIGNATURE_POLICY, SignaturePolicy, read_signature_policy

NAME = "1.3.6.1.4.1.99999.7"
VALUE = hashlib.sha256(b"the policy").digest()
SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
HASHED = sequence(SHA256, tlv(0x04, VALUE))
NOTICE = sequence(oid("1.2.840.113549.1.9.16.5.2"), sequence(tlv(0x0C, b"read this")))
ADDRESS = sequence(oid("1.2.840.113549.1.9.16.5.1"), tlv(0x16, b"http://policies.invalid/\xff"))


def attributes(*values: bytes, name: str = SIGNATURE_POLICY) -> bytes:
    other = sequence(oid("1.2.840.113549.1.9.3"), tlv(0x31, oid("1.2.840.113549.1.7.1")))
    return tlv(0x31, other + sequence(oid(name), tlv(0x31, b"".join(values))))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (tlv(0x05, b""), SignaturePolicy()),
        (sequence(oid(NAME)), SignaturePolicy(NAME)),
        (sequence(oid(NAME), HASHED), SignaturePolicy(NAME, "sha256", VALUE)),
        (
            sequence(oid(NAME), HASHED, sequence(NOTICE, ADDRESS)),
            SignaturePolicy(
                NAME, "sha256", VALUE, "http://policies.invalid/\N{REPLACEMENT CHARACTER}"
            ),
        ),
        (
            sequence(oid(NAME), HASHED, sequence(NOTICE)),
            SignaturePolicy(NAME, "sha256", VALUE),
        ),
    ],
    ids=["implied", "name", "digest", "address", "notice"],
)
def test_what_is_said(value: bytes, expected: SignaturePolicy) -> None:
    assert read_signature_policy(attributes(value)) == expected


def test_nothing_is_said() -> None:
    assert read_signature_policy(None) is None
    assert read_signature_policy(attributes()) is None
    assert read_signature_policy(attributes(oid(NAME), name=NAME)) is None
    # The bytes of the name may stand inside another attribute.
    assert read_signature_policy(attributes(oid(SIGNATURE_POLICY), name=NAME)) is None


@pytest.mark.parametrize(
    "values",
    [
        (tlv(0x05, b"x"),),
        (tlv(0x05, b""), tlv(0x05, b"")),
        (sequence(oid(NAME)), sequence(oid(NAME))),
        (tlv(0x04, b"policy"),),
        (sequence(tlv(0x04, b"policy")),),
        (sequence(oid(NAME), sequence(SHA256)),),
        (sequence(oid(NAME), HASHED, sequence(ADDRESS), tlv(0x05, b"")),),
        (sequence(oid(NAME), HASHED, sequence(*[NOTICE] * 21)),),
        (sequence(oid(NAME), HASHED, tlv(0x04, b"")),),
    ],
)
def test_what_cannot_be_read(values: tuple[bytes, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read_signature_policy(attributes(*values))
    assert caught.value.code == "cms_malformed"


def test_a_digest_that_nobody_knows() -> None:
    value = sequence(oid(NAME), sequence(sequence(oid("1.2.3.4")), tlv(0x04, VALUE)))
    with pytest.raises(RefusedError) as caught:
        read_signature_policy(attributes(value))
    assert caught.value.code == "algorithm_forbidden"


def test_an_address_is_cut() -> None:
    long = sequence(oid("1.2.840.113549.1.9.16.5.1"), tlv(0x16, b"x" * 9_000))
    found = read_signature_policy(attributes(sequence(oid(NAME), HASHED, sequence(long))))
    assert found is not None
    assert found.uri == "x" * 2_000


def test_every_mutation_ends_in_an_outcome() -> None:
    der = attributes(sequence(oid(NAME), HASHED, sequence(NOTICE, ADDRESS)))
    codes = {outcome(flip(der, at, bits)) for at in range(len(der)) for bits in (0x01, 0x80, 0xFF)}
    assert codes == {None, "cms_malformed", "algorithm_forbidden"}


def flip(der: bytes, position: int, bits: int) -> bytes:
    return der[:position] + bytes([der[position] ^ bits]) + der[position + 1 :]


def outcome(der: bytes) -> str | None:
    try:
        read_signature_policy(der)
    except (InputError, RefusedError) as error:
        return error.code
    return None
