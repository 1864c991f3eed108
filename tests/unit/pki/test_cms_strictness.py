"""What RFC 5652 asks of a SignedData: each rule broken once; what is put up with, and named."""

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.digests import digest_of
from antin.core.errors import AntinError, InputError
from antin.pki.cms_read import ParsedSignature, check_value, ess_matches, find_signer
from antin.pki.cms_read import parse_signature as parse
from antin.pki.der_write import NULL, integer, oid, sequence, set_of, tlv
from tests.cmsparts import (
    CONTENT,
    CONTENT_TYPE,
    DATA,
    DIGEST,
    MESSAGE_DIGEST,
    PROTECTION,
    SHA256,
    SHA512,
    STAMP,
    Parts,
    attribute,
)
from tests.smallpki import NOW, Holder, make_root, make_token, make_tsa


@pytest.fixture(scope="module")
def signer() -> Holder:
    return make_root().issue("Nguyễn Văn A")


def verdict(der: bytes) -> str:
    """Return how checking ends, as verifiers do it."""
    try:
        parsed = parse(der)
        found = find_signer(parsed)
        if found is None:
            return "unknown signer"
        digest = digest_of(CONTENT, parsed.digest)
        if ess_matches(parsed, found) is not True or parsed.message_digest != digest:
            return "does not fit"
        return "fits" if check_value(parsed, found, digest) else "does not fit"
    except AntinError as error:
        return error.code


def test_the_parts_as_they_are_fit(signer: Holder) -> None:
    assert verdict(Parts(signer).der()) == "fits"
    assert parse(Parts(signer).der()).deviations == ()


def refused(der: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(der)
    assert caught.value.code == "cms_malformed"
    return caught.value


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("version", integer(2)),
        ("version", integer(0)),
        ("signer_version", integer(3)),
        ("signer_version", integer(2)),
        ("content", sequence(DATA, tlv(0xA0, tlv(4, b"x"), NULL))),
        ("content", sequence(oid("1.2.3.4"))),
        ("certificates", tlv(0xA0, *[NULL] * 201)),
        ("crls", tlv(0xA3)),
        ("after", NULL),
        ("digest", NULL),
        ("unsigned", tlv(0xA1, CONTENT_TYPE)),
        ("unsigned", tlv(0xA1, MESSAGE_DIGEST)),
        ("unsigned", tlv(0xA1, *[attribute(f"1.2.3.{n}", NULL) for n in range(101)])),
        ("unsigned", tlv(0xA1, attribute(STAMP, *[integer(n) for n in range(21)]))),
        ("unsigned", tlv(0xA1, attribute("1.2.3.4", *[integer(n) for n in range(101)]))),
        ("unsigned", tlv(0xA2, NULL)),
    ],
    ids=range(16),
)
def test_outer_rules(signer: Holder, part: str, value: bytes) -> None:
    parts = Parts(signer)
    setattr(parts, part, value)
    refused(parts.der())


@pytest.mark.parametrize(
    "attributes",
    [
        [CONTENT_TYPE],
        [MESSAGE_DIGEST],
        [CONTENT_TYPE, MESSAGE_DIGEST, MESSAGE_DIGEST],
        [CONTENT_TYPE, attribute("1.2.840.113549.1.9.4", tlv(4, DIGEST), tlv(4, b"other"))],
        [CONTENT_TYPE, attribute("1.2.840.113549.1.9.4")],
        [CONTENT_TYPE, attribute("1.2.840.113549.1.9.4", integer(5))],
        [attribute("1.2.840.113549.1.9.3", oid("1.2.3.4")), MESSAGE_DIGEST],
        [CONTENT_TYPE, MESSAGE_DIGEST, attribute("1.2.840.113549.1.9.5", tlv(0x17, b"now"))],
        [CONTENT_TYPE, MESSAGE_DIGEST, attribute(PROTECTION, sequence(SHA512, tlv(0xA1)))],
        [
            CONTENT_TYPE,
            MESSAGE_DIGEST,
            attribute(PROTECTION, sequence(SHA512, tlv(0xA1, oid("1.2.840.10045.4.3.2")))),
        ],
        [
            CONTENT_TYPE,
            MESSAGE_DIGEST,
            attribute(PROTECTION, sequence(SHA256, tlv(0xA1, oid("1.2.840.10045.4.3.4")))),
        ],
    ],
    ids=range(11),
)
def test_rules_of_signed_attributes(signer: Holder, attributes: list[bytes]) -> None:
    parts = Parts(signer)
    parts.attributes = sorted(attributes)
    refused(parts.der())


def test_protected_algorithms_that_agree(signer: Holder) -> None:
    parts = Parts(signer)
    right = attribute(PROTECTION, sequence(SHA256, tlv(0xA1, oid("1.2.840.10045.4.3.2"))))
    parts.attributes = sorted([*parts.attributes, right])
    assert verdict(parts.der()) == "fits"


def test_refusals_say_where(signer: Holder) -> None:
    parts = Parts(signer)
    parts.version = integer(2)
    der = parts.der()
    error = refused(der)
    offset = error.values["offset"]
    assert isinstance(offset, int)
    assert der[offset : offset + 3] == integer(2)
    assert f"at byte {offset}" in error.detail
    assert refused(der[:40]).values["offset"] is not None


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("version", integer(3), "version"),
        ("digests", set_of(SHA512), "announced"),
        ("digests", set_of(), "announced"),
        ("crls", tlv(0xA1, tlv(0xA1, oid("1.2.3.4"), NULL)), "version"),
        ("certificates", "own", ""),
    ],
    ids=range(5),
)
def test_what_is_put_up_with_is_named(
    signer: Holder, part: str, value: bytes | str, words: str
) -> None:
    parts = Parts(signer)
    if isinstance(value, bytes):
        setattr(parts, part, value)
    found = parse(parts.der()).deviations
    assert verdict(parts.der()) == "fits"
    assert len(found) == bool(words)
    assert words in "".join(found)


def test_two_digest_algorithms_are_named(signer: Holder) -> None:
    parts = Parts(signer)
    parts.digest, parts.digests = SHA512, set_of(SHA512)
    parts.attributes[1:2] = []
    parts.attributes = sorted(
        [CONTENT_TYPE, attribute("1.2.840.113549.1.9.4", tlv(4, hashlib.sha512(CONTENT).digest()))]
    )
    assert parse(parts.der()).deviations == ("it names two digest algorithms",)


def test_unsorted_attributes_are_named(signer: Holder) -> None:
    parts = Parts(signer)
    parts.attributes = sorted(parts.attributes, reverse=True)
    assert verdict(parts.der()) == "fits"
    assert "order" in parse(parts.der()).deviations[0]


def open_ended(tag: int, body: bytes) -> bytes:
    return bytes((tag, 0x80)) + body + b"\x00\x00"


def test_ber_around_what_was_signed_is_named(signer: Holder) -> None:
    parts = Parts(signer)
    der = parts.der(open_ended)
    found = parse(der + bytes(100))
    assert found.der == der
    assert "BER" in found.deviations[0]
    assert verdict(der) == "fits"
    assert refused(der + b"\x00x").code == "cms_malformed"


def test_signed_attributes_must_lie_in_der(signer: Holder) -> None:
    parts = Parts(signer)
    parts.attributes = [b"\x30\x81" + one[1:] for one in parts.attributes]
    for wrap in (tlv, open_ended):
        assert refused(parts.der(wrap)).detail.endswith("its signed attributes are not in DER.")


def test_content_other_than_data_wants_signed_attributes(signer: Holder) -> None:
    parts = Parts(signer)
    parts.attributes = []
    assert parse(parts.der()).signed_attributes is None
    parts.content, parts.version = sequence(oid("1.2.840.113549.1.9.16.1.4")), integer(3)
    assert "signed attributes are missing" in refused(parts.der()).detail


def test_a_signer_named_by_key_identifier(signer: Holder) -> None:
    key = x509.SubjectKeyIdentifier.from_public_key(signer.key.public_key())
    holder = make_root().issue("Trần Thị B", key=signer.key, more=((key, False),))
    parts = Parts(holder)
    parts.sid, parts.signer_version = tlv(0x80, key.digest), integer(3)
    parts.version = integer(3)
    assert verdict(parts.der()) == "fits"
    assert parse(parts.der()).deviations == ()
    parts.sid = tlv(0x80, b"another")
    assert verdict(parts.der()) == "unknown signer"


def test_crls_and_answers_that_come_along(signer: Holder) -> None:
    parts = Parts(signer)
    answer = sequence(b"\x0a\x01\x00")
    other = tlv(0xA1, oid("1.3.6.1.5.5.7.16.2"), answer)
    parts.crls, parts.version = tlv(0xA1, sequence(NULL), other), integer(5)
    found: ParsedSignature = parse(parts.der())
    assert (found.revocation.crls, found.revocation.ocsps) == ((sequence(NULL),), (answer,))
    assert found.deviations == ()


def test_times_before_and_after_2050(signer: Holder) -> None:
    for text, tag, year in ((b"260601120000Z", 0x17, 2026), (b"20510601120000Z", 0x18, 2051)):
        parts = Parts(signer)
        claimed = attribute("1.2.840.113549.1.9.5", tlv(tag, text))
        parts.attributes = sorted([*parts.attributes, claimed])
        assert parse(parts.der()).claimed_time == datetime(year, 6, 1, 12, tzinfo=UTC)


@given(st.integers(0, 100_000))
@settings(max_examples=150)
def test_no_flipped_bit_goes_unseen(signer: Holder, chosen: int) -> None:
    """A flip either breaks the signature, or lies in what is not signed and changes no verdict."""
    der = Parts(signer).der()
    bit = chosen % (8 * len(der))
    flipped = bytearray(der)
    flipped[bit // 8] ^= 1 << bit % 8
    if verdict(bytes(flipped)) != "fits":
        return
    before, after = parse(der), parse(bytes(flipped))
    assert after.signed_attributes == before.signed_attributes
    assert after.message_digest == before.message_digest
    assert after.ess == before.ess
    assert (after.algorithm, after.digest) == (before.algorithm, before.digest)
    assert after.certificates == before.certificates
    # The issuer's name is compared without regard to case; the certificate is bound by its digest.
    assert after.deviations or after.issuer != before.issuer


def test_a_token_is_read_by_the_same_rules() -> None:
    token = make_token(make_tsa(make_root()), DIGEST, NOW)
    assert parse(token).deviations == ()
    assert parse(token).content_type == "1.2.840.113549.1.9.16.1.4"
