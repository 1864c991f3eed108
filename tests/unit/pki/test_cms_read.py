"""Reading CMS: what is accepted, what is refused, which values fit."""

import hashlib
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from antin.core.errors import AntinError, InputError, RefusedError
from antin.pki.cms_read import check_value, ess_matches, find_signer, parse_signature
from tests.smallpki import NOW, CmsShape, Holder, certify, make_cms, make_root

CONTENT = b"a letter"
DIGEST = hashlib.sha256(CONTENT).digest()


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


@pytest.fixture(scope="module")
def signer(root: Holder) -> Holder:
    return root.issue("Nguyễn Văn A")


def fits(holder: Holder, shape: CmsShape) -> bool:
    digest = hashlib.new(shape.digest, CONTENT).digest()
    parsed = parse_signature(make_cms(holder, digest, shape))
    found = find_signer(parsed)
    assert found is not None
    assert found.der == holder.der
    assert parsed.message_digest == digest
    return check_value(parsed, found, digest)


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "ed25519"])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_value_of_each_scheme_fits(root: Holder, kind: str, digest: str) -> None:
    holder = root.issue("Nguyễn Văn A", kind=kind)
    assert fits(holder, CmsShape(digest=digest))


def test_pss_value_fits_with_its_parameters(root: Holder) -> None:
    assert fits(root.issue("Nguyễn Văn A", kind="rsa2048"), CmsShape(digest="sha384", pss=True))


def test_value_of_another_key_does_not_fit(root: Holder, signer: Holder) -> None:
    other = root.issue("Nguyễn Văn A")
    forged = Holder(other.key, signer.certificate)
    assert not fits(forged, CmsShape())


def test_changed_attribute_breaks_the_value(signer: Holder) -> None:
    der = make_cms(signer, DIGEST)
    parsed = parse_signature(der.replace(DIGEST, hashlib.sha256(b"another").digest()))
    certificate = find_signer(parsed)
    assert certificate is not None
    assert not check_value(parsed, certificate, DIGEST)


def test_zero_padding_is_cut_off(signer: Holder) -> None:
    der = make_cms(signer, DIGEST)
    assert parse_signature(der + bytes(500)).der == der


def test_unsorted_signed_attributes_are_hashed_as_they_lie(signer: Holder) -> None:
    content = cms.ContentInfo.load(make_cms(signer, DIGEST))
    attributes = content["content"]["signer_infos"][0]["signed_attrs"]
    parts = [one.dump() for one in attributes]
    from tests.smallpki import sign_value

    for order in (parts, parts[::-1]):
        raw = b"".join(order)
        der = b"\x31" + bytes([0x81, len(raw)]) + raw
        value = sign_value(signer.key, der)
        info = content["content"]["signer_infos"][0].copy()
        info["signature"] = value
        whole = cms.ContentInfo.load(content.dump())
        whole["content"]["signer_infos"] = [info]
        changed = whole.dump(force=True).replace(b"".join(parts), raw)
        parsed = parse_signature(changed)
        certificate = find_signer(parsed)
        assert certificate is not None
        assert parsed.signed_attributes == der
        assert check_value(parsed, certificate, DIGEST)


@pytest.mark.parametrize(
    "shape",
    [
        CmsShape(signers=2),
        CmsShape(signers=0),
        CmsShape(repeat="message_digest"),
        CmsShape(repeat="content_type"),
        CmsShape(leave_out="message_digest"),
        CmsShape(leave_out="content_type"),
    ],
    ids=lambda shape: f"{shape.signers}-{shape.repeat}-{shape.leave_out}",
)
def test_ambiguous_signatures_are_refused(signer: Holder, shape: CmsShape) -> None:
    with pytest.raises(InputError) as caught:
        parse_signature(make_cms(signer, DIGEST, shape))
    assert caught.value.code == "cms_malformed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 50,
        b"\x30",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x80" * 5000,
        b"not DER",
        b"%PDF",
    ],
)
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_signature(data)
    assert caught.value.code == "cms_malformed"


def test_bytes_after_the_value_are_refused(signer: Holder) -> None:
    with pytest.raises(InputError) as caught:
        parse_signature(make_cms(signer, DIGEST) + b"\x00x")
    assert caught.value.code == "cms_malformed"


def outcome(der: bytes) -> str:
    try:
        parsed = parse_signature(der)
        found = find_signer(parsed)
        if found is None:
            return "unknown signer"
        ess_matches(parsed, found)
        return "fits" if check_value(parsed, found, DIGEST) else "does not fit"
    except AntinError as error:
        return error.code


def test_every_truncation_and_mutation_ends_in_an_outcome(signer: Holder) -> None:
    der = make_cms(signer, DIGEST)
    cut = {outcome(der[:position]) for position in range(0, len(der), 3)}
    assert cut == {"cms_malformed"}
    for position in range(len(der)):
        flipped = bytes([der[position] ^ 0x55])
        outcome(der[:position] + flipped + der[position + 1 :])


def test_unknown_digest_is_named(signer: Holder) -> None:
    der = make_cms(signer, DIGEST)
    sha256, ripemd = (
        bytes.fromhex("0609608648016503040201"),
        bytes.fromhex("0609608648016503040263"),
    )
    with pytest.raises(RefusedError) as caught:
        parse_signature(der.replace(sha256, ripemd))
    assert caught.value.code == "algorithm_forbidden"


def test_signing_certificate_attribute_binds_the_certificate(root: Holder, signer: Holder) -> None:
    other = root.issue("Trần Thị B")
    outcomes = []
    for ess in (True, other.der, False):
        parsed = parse_signature(make_cms(signer, DIGEST, CmsShape(ess=ess)))
        found = find_signer(parsed)
        assert found is not None
        outcomes.append(ess_matches(parsed, found))
    assert outcomes == [True, False, None]


def test_without_signed_attributes_the_content_digest_is_signed(root: Holder) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    holder = root.issue("Nguyễn Văn A", kind="rsa2048")
    assert isinstance(holder.key, rsa.RSAPrivateKey)
    content = cms.ContentInfo.load(make_cms(holder, DIGEST, CmsShape(signed_attributes=False)))
    value = holder.key.sign(CONTENT, padding.PKCS1v15(), hashes.SHA256())
    content["content"]["signer_infos"][0]["signature"] = value
    parsed = parse_signature(content.dump(force=True))
    certificate = find_signer(parsed)
    assert certificate is not None
    assert check_value(parsed, certificate, DIGEST)
    assert not check_value(parsed, certificate, hashlib.sha256(b"another").digest())


def test_signer_may_come_from_elsewhere_and_be_missing(signer: Holder) -> None:
    from antin.pki.certificates import load_certificate

    parsed = parse_signature(make_cms(signer, DIGEST, CmsShape(certificates=())))
    assert find_signer(parsed) is None
    assert find_signer(parsed, (load_certificate(signer.der),)) is not None


def test_claimed_time_is_read(signer: Holder) -> None:
    parsed = parse_signature(make_cms(signer, DIGEST, CmsShape(signing_time=NOW)))
    assert parsed.claimed_time == NOW


@pytest.mark.parametrize("ess", [True, False])
def test_of_two_with_one_issuer_and_number_the_signer_is_found(
    root: Holder, signer: Holder, *, ess: bool
) -> None:
    """By the digest in signing-certificate, and by the value where that is missing."""
    serial = signer.certificate.serial_number
    first = []
    for name in ("F", "Forger" * 9):  # a set is sorted: the shorter comes first
        forged = root.issue(name, serial=serial)
        shape = CmsShape(ess=ess, certificates=(forged.der, signer.der))
        parsed = parse_signature(make_cms(signer, DIGEST, shape))
        first.append(parsed.certificates[0] == forged.der)
        found = find_signer(parsed)
        assert found is not None
        assert found.der == signer.der
    assert first == [True, False]


def test_of_two_that_both_do_not_fit_the_first_is_judged(root: Holder, signer: Holder) -> None:
    serial = signer.certificate.serial_number
    others = [root.issue("Forger", serial=serial, kind=kind) for kind in ("p256", "ed25519")]
    for ess in (True, False):
        shape = CmsShape(ess=ess, certificates=tuple(one.der for one in others))
        parsed = parse_signature(make_cms(signer, DIGEST, shape))
        found = find_signer(parsed)
        assert found is not None
        assert found.der == parsed.certificates[0]


@pytest.mark.parametrize("curve", [b"\x2b\x65\x6e", b"\x2b\x65\x7f"], ids=["X25519", "unknown"])
def test_a_namesake_whose_key_signs_nothing_is_passed_over(
    curve: bytes, root: Holder, signer: Holder
) -> None:
    serial = signer.certificate.serial_number
    key: Any = X25519PrivateKey.generate()
    other = certify(root, "F", key, serial=serial).public_bytes(Encoding.DER)
    other = other.replace(b"\x06\x03\x2b\x65\x6e", b"\x06\x03" + curve)
    shape = CmsShape(ess=False, certificates=(other, signer.der))
    parsed = parse_signature(make_cms(signer, DIGEST, shape))
    assert parsed.certificates[0] == other
    found = find_signer(parsed)
    assert found is not None
    assert found.der == signer.der


def test_without_signed_attributes_no_namesake_is_preferred(root: Holder, signer: Holder) -> None:
    """Only the content would tell them apart; it is not at hand here."""
    other = root.issue("F", serial=signer.certificate.serial_number)
    shape = CmsShape(ess=False, signed_attributes=False, certificates=(other.der, signer.der))
    found = find_signer(parse_signature(make_cms(signer, DIGEST, shape)))
    assert found is not None
    assert found.der == other.der
