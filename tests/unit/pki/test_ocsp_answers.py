"""OCSP answers by their own words: whom they are about, by which digests, what spoils them."""

from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import core

from antin.core.digests import digest_of
from antin.core.errors import InputError
from antin.pki import ocsp_answers
from antin.pki.certificates import Certificate, load_certificate
from antin.pki.der_write import NULL, integer, oid, sequence, tlv
from antin.pki.ocsp_answers import load_ocsp, responder, statement
from antin.pki.statement import covers
from tests.smallpki import DAY, NOW, Holder, make_responder, make_root, sign_value

ECDSA = sequence(oid("1.2.840.10045.4.3.2"))
DIGESTS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha3_256": "2.16.840.1.101.3.4.2.8",
}
GOOD, UNKNOWN = tlv(0x80), tlv(0x82)
UNLIKELY = oid("1.2.3.4")


@pytest.fixture(scope="module")
def ca() -> Holder:
    return make_root("Specimen CA")


@pytest.fixture(scope="module")
def leaf(ca: Holder) -> Holder:
    return ca.issue("Nguyễn Văn A")


def time(moment: Any) -> bytes:
    encoded: bytes = core.GeneralizedTime(moment).dump()
    return encoded


def revoked(moment: Any, reason: int | None = None) -> bytes:
    named = b"" if reason is None else tlv(0xA0, bytes((0x0A, 1, reason)))
    return tlv(0xA1, time(moment), named)


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    return sequence(oid(dotted), b"\x01\x01\xff" if critical else b"", tlv(4, value))


def single(
    about: Certificate,
    issuer: Certificate,
    status: bytes = GOOD,
    digest: str = "sha1",
    *extensions: bytes,
    identifier: bytes | None = None,
    **times: Any,
) -> bytes:
    named = sequence(
        identifier or sequence(oid(DIGESTS[digest]), NULL),
        tlv(4, digest_of(issuer.subject_name, digest)),
        tlv(4, digest_of(issuer.key_bits, digest)),
        integer(about.parsed.serial_number),
    )
    until = tlv(0xA0, time(times.get("next_update", NOW + DAY)))
    more = tlv(0xA1, sequence(*extensions)) if extensions else b""
    return sequence(named, status, time(times.get("this_update", NOW - DAY)), until, more)


def answer(signer: Holder, *singles: bytes, **parts: Any) -> bytes:
    certificate = load_certificate(signer.der)
    by_key = tlv(0xA2, tlv(4, digest_of(certificate.key_bits, "sha1")))
    body = sequence(
        parts.get("version", b""),
        tlv(0xA1, certificate.subject_name) if parts.get("by_name") else by_key,
        time(NOW - DAY),
        sequence(*singles),
        parts.get("extensions", b""),
    )
    listed = tlv(0xA0, sequence(*parts["certificates"])) if "certificates" in parts else b""
    basic = sequence(body, ECDSA, tlv(3, b"\x00", sign_value(signer.key, body)), listed)
    kind = oid(parts.get("kind", "1.3.6.1.5.5.7.48.1.1"))
    return sequence(
        bytes((0x0A, 1, parts.get("status", 0))), tlv(0xA0, sequence(kind, tlv(4, basic)))
    )


def said(der: bytes, leaf: Holder, ca: Holder) -> str:
    read, issuer = load_ocsp(der), load_certificate(ca.der)
    found = statement(read, load_certificate(leaf.der), issuer)
    if found is None or responder(read, issuer) is None:
        return "nothing"
    return f"{found.status}{' on hold' if found.on_hold else ''}"


@pytest.mark.parametrize("digest", sorted(DIGESTS))
def test_certificates_are_named_by_any_digest(ca: Holder, leaf: Holder, digest: str) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    assert said(answer(ca, single(about, issuer, GOOD, digest)), leaf, ca) == "good"
    other = load_certificate(make_root("Other CA").der)
    assert said(answer(ca, single(about, other, GOOD, digest)), leaf, ca) == "nothing"


def test_statuses(ca: Holder, leaf: Holder) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    for status, expected in (
        (GOOD, "good"),
        (UNKNOWN, "unknown"),
        (revoked(NOW - DAY), "revoked"),
        (revoked(NOW - DAY, 1), "revoked"),
        (revoked(NOW - DAY, 6), "revoked on hold"),
    ):
        assert said(answer(ca, single(about, issuer, status)), leaf, ca) == expected


def test_the_right_one_of_several(ca: Holder, leaf: Holder) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    others = [load_certificate(ca.issue(f"Specimen {n}").der) for n in range(3)]
    listed = [single(one, issuer, revoked(NOW - DAY)) for one in others]
    # An unknown digest in one identifier hides no other.
    strange = single(about, issuer, revoked(NOW - DAY), identifier=sequence(UNLIKELY))
    assert said(answer(ca, strange, *listed, single(about, issuer)), leaf, ca) == "good"
    assert said(answer(ca, strange, *listed), leaf, ca) == "nothing"
    twice = [single(about, issuer), single(about, issuer, revoked(NOW - DAY), "sha256")]
    for order in (twice, twice[::-1]):
        assert said(answer(ca, *order), leaf, ca) == "revoked"


def test_unknown_critical_extensions(ca: Holder, leaf: Holder) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    for critical, expected in ((False, "good"), (True, "nothing")):
        odd = extension("1.2.3.4", NULL, critical=critical)
        of_one = answer(ca, single(about, issuer, GOOD, "sha1", odd))
        assert said(of_one, leaf, ca) == expected
        of_all = answer(ca, single(about, issuer), extensions=tlv(0xA1, sequence(odd)))
        assert said(of_all, leaf, ca) == expected


def test_archive_cutoff_keeps_expired_certificates(ca: Holder) -> None:
    leaf = ca.issue("Nguyễn Văn A", not_after=NOW - 5 * DAY)
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    outcomes = []
    for since in (None, NOW - 6 * DAY, NOW - 4 * DAY):
        cutoff = [] if since is None else [extension("1.3.6.1.5.5.7.48.1.6", time(since))]
        der = answer(ca, single(about, issuer, GOOD, "sha1", *cutoff))
        found = statement(load_ocsp(der), about, issuer)
        assert found is not None
        outcomes.append(covers(found, NOW - 7 * DAY, NOW, about.not_after))
    assert outcomes == [False, True, False]


def test_responders_by_name_and_by_key(ca: Holder, leaf: Holder) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    delegate = make_responder(ca)
    for by_name in (True, False):
        der = answer(delegate, single(about, issuer), by_name=by_name, certificates=[delegate.der])
        assert said(der, leaf, ca) == "good"
        stranger = make_responder(make_root("Specimen CA"))
        forged = answer(
            stranger, single(about, issuer), by_name=by_name, certificates=[stranger.der]
        )
        assert said(forged, leaf, ca) == "nothing"


def test_only_some_certificates_of_an_answer_are_tried(ca: Holder, leaf: Holder) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    delegate = make_responder(ca)
    crowd = [make_responder(ca).der for _ in range(8)]
    der = answer(delegate, single(about, issuer), certificates=[*crowd, delegate.der])
    assert said(der, leaf, ca) == "nothing"
    assert len(load_ocsp(der).certificates) == 8


def test_answers_that_are_malformed(ca: Holder, leaf: Holder) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    fine = single(about, issuer)
    for der in (
        answer(ca, fine, status=6),
        answer(ca, fine, status=9),
        answer(ca, fine, kind="1.2.3.4"),
        answer(ca, fine, version=tlv(0xA0, integer(1))),
        answer(ca, single(about, issuer, tlv(0x80, b"x"))),
        answer(ca, single(about, issuer, tlv(0xA1, core.UTCTime(NOW).dump()))),
        answer(ca, single(about, issuer, tlv(0x83))),
        answer(ca, *[fine] * 1001),
        answer(ca, fine) + b"\x00",
        bytes(2 << 20),
        b"",
    ):
        with pytest.raises(InputError) as caught:
            load_ocsp(der)
        assert caught.value.code == "revocation_malformed"


def outcome(der: bytes, leaf: Holder, ca: Holder) -> str:
    try:
        return said(der, leaf, ca)
    except InputError as error:
        return error.code


def test_every_mutation_of_an_answer_ends_in_an_outcome(ca: Holder, leaf: Holder) -> None:
    about, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    der = answer(ca, single(about, issuer))
    for position in range(len(der)):
        changed = der[:position] + bytes([der[position] ^ 0x41]) + der[position + 1 :]
        assert outcome(changed, leaf, ca) in {"nothing", "revocation_malformed"}
    assert NOW - timedelta(days=1) == load_ocsp(der).produced_at


def test_what_is_remembered_of_responders_is_bounded_in_bytes(ca: Holder, leaf: Holder) -> None:
    answer = load_ocsp(ca.ocsp(leaf, NOW - DAY))
    before = ocsp_answers.RESPONDERS.held()
    assert responder(answer, load_certificate(ca.der)) is not None
    assert ocsp_answers.RESPONDERS.held() - before > len(ca.der)
