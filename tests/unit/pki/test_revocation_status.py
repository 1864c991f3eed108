"""Revocation at a moment: which data may speak, what they say, and silence that is not consent."""

from datetime import datetime
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from antin.core.errors import InputError
from antin.pki.certificates import load_certificate
from antin.pki.crls import load_crl
from antin.pki.ocsp_answers import load_ocsp
from antin.pki.revocation import RevocationData
from antin.pki.revocation_status import Doubt, RevocationStatus, read_evidence, status_at
from tests.smallpki import DAY, NOW, Holder, make_responder, make_root, sign_value

THEN = NOW - 10 * DAY
"""The proven time; data are checked at NOW."""


@pytest.fixture(scope="module")
def ca() -> Holder:
    return make_root("Specimen CA")


@pytest.fixture(scope="module")
def leaf(ca: Holder) -> Holder:
    return ca.issue("Nguyễn Văn A")


def status(
    leaf: Holder,
    ca: Holder,
    crls: tuple[bytes, ...] = (),
    ocsps: tuple[bytes, ...] = (),
    proven: datetime = NOW,
    moment: datetime = THEN,
) -> RevocationStatus:
    evidence = read_evidence(RevocationData(crls, ocsps), proven)
    subject, issuer = load_certificate(leaf.der), load_certificate(ca.der)
    return status_at(subject, issuer, moment, NOW, evidence)


def revoked(leaf: Holder, when: datetime, reason: str = "keyCompromise") -> dict[int, Any]:
    return {leaf.certificate.serial_number: (when, reason)}


def point(url: str | None = None, **flags: bool) -> x509.IssuingDistributionPoint:
    names = (
        "only_contains_user_certs",
        "only_contains_ca_certs",
        "indirect_crl",
        "only_contains_attribute_certs",
    )
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)] if url else None,
        relative_name=None,
        only_some_reasons=None,
        **{name: flags.get(name, False) for name in names},
    )


def test_nothing_is_not_good(leaf: Holder, ca: Holder) -> None:
    found = status(leaf, ca)
    assert (found.status, found.unproven) == ("unavailable", None)


@pytest.mark.parametrize(
    ("this_update", "next_update", "expected"),
    [
        (THEN - DAY, THEN + DAY, "good"),  # current then
        (NOW - DAY, NOW + DAY, "good"),  # issued later: what was revoked before is in it
        (THEN - 9 * DAY, THEN - DAY, "unavailable"),  # stale then
        (NOW + DAY, NOW + 2 * DAY, "unavailable"),  # not issued yet when checked
    ],
)
def test_crl_must_speak_of_the_moment(
    leaf: Holder, ca: Holder, this_update: datetime, next_update: datetime, expected: str
) -> None:
    assert status(leaf, ca, (ca.crl(this_update, next_update),)).status == expected
    answer = ca.ocsp(leaf, this_update, next_update)
    assert status(leaf, ca, (), (answer,)).status == expected


def test_answer_without_next_update_speaks_only_of_what_was(leaf: Holder, ca: Holder) -> None:
    assert status(leaf, ca, (), (ca.ocsp(leaf, THEN + DAY),)).status == "good"
    assert status(leaf, ca, (), (ca.ocsp(leaf, THEN - DAY),)).status == "unavailable"


@pytest.mark.parametrize(
    ("when", "expected"), [(THEN - DAY, "revoked"), (THEN, "revoked"), (THEN + DAY, "good")]
)
def test_revocation_counts_from_its_date(
    leaf: Holder, ca: Holder, when: datetime, expected: str
) -> None:
    found = status(leaf, ca, (ca.crl(NOW - DAY, revoked=revoked(leaf, when)),))
    assert (found.status, found.revoked_at) == (expected, when)
    answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY, revoked_at=when)
    found = status(leaf, ca, (), (answer,))
    assert (found.status, found.revoked_at) == (expected, when)


def test_revocation_for_good_outweighs_a_newer_good_answer(leaf: Holder, ca: Holder) -> None:
    crl = ca.crl(NOW - 2 * DAY, revoked=revoked(leaf, THEN - DAY))
    answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY)
    assert status(leaf, ca, (crl,), (answer,)).status == "revoked"


def test_suspension_counts_until_it_is_lifted(leaf: Holder, ca: Holder) -> None:
    held = ca.crl(NOW - 2 * DAY, revoked=revoked(leaf, THEN - DAY, "certificateHold"))
    assert status(leaf, ca, (held,)).status == "revoked"
    assert status(leaf, ca, (held, ca.crl(NOW - DAY))).status == "good"


def test_unknown_is_not_good(leaf: Holder, ca: Holder) -> None:
    answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY, unknown=True)
    assert status(leaf, ca, (), (answer,)).status == "unknown"


def test_data_of_somebody_else(leaf: Holder, ca: Holder) -> None:
    impostor = make_root("Specimen CA")
    other = make_root("Other CA")
    for signer in (impostor, other):
        assert status(leaf, ca, (signer.crl(NOW - DAY),)).status == "unavailable"
        answer = signer.ocsp(leaf, NOW - DAY, NOW + DAY)
        assert status(leaf, ca, (), (answer,)).status == "unavailable"


def test_forged_data_in_the_authoritys_name(leaf: Holder, ca: Holder) -> None:
    forger = Holder(make_root("Forger").key, ca.certificate)
    assert status(leaf, ca, (forger.crl(NOW - DAY),)).status == "unavailable"
    for responder in (None, make_responder(ca)):
        answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY, responder=responder, forger=forger.key)
        assert status(leaf, ca, (), (answer,)).status == "unavailable"


def test_answer_about_another_certificate(leaf: Holder, ca: Holder) -> None:
    answer = ca.ocsp(ca.issue("Trần Thị B"), NOW - DAY, NOW + DAY)
    assert status(leaf, ca, (), (answer,)).status == "unavailable"


@pytest.mark.parametrize(
    "extension",
    [
        x509.DeltaCRLIndicator(1),
        point(only_contains_ca_certs=True),
        point(indirect_crl=True),
        point(only_contains_attribute_certs=True),
        point("http://elsewhere/crl"),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00"),
    ],
    ids=["delta", "ca-only", "indirect", "attributes", "elsewhere", "unknown"],
)
def test_crl_of_another_scope(leaf: Holder, ca: Holder, extension: x509.ExtensionType) -> None:
    crl = ca.crl(NOW - DAY, extensions=((extension, True),))
    assert status(leaf, ca, (crl,)).status == "unavailable"


def test_delta_crl_that_does_not_say_so_critically(leaf: Holder, ca: Holder) -> None:
    crl = ca.crl(NOW - DAY, extensions=((x509.DeltaCRLIndicator(1), False),))
    assert status(leaf, ca, (crl,)).status == "unavailable"


def test_crl_of_the_certificates_own_point(ca: Holder) -> None:
    url = "http://ca.invalid/ca.crl"
    leaf = ca.issue("Nguyễn Văn A", crl_url=url)
    named = point(url, only_contains_user_certs=True)
    crl = ca.crl(NOW - DAY, extensions=((named, True),))
    assert status(leaf, ca, (crl,)).status == "good"


def test_issuer_without_the_right_to_sign_crls() -> None:
    ca = make_root("Specimen CA", usages=("key_cert_sign",))
    leaf = ca.issue("Nguyễn Văn A")
    assert status(leaf, ca, (ca.crl(NOW - DAY),)).status == "unavailable"


def test_expired_certificates_leave_crls(ca: Holder) -> None:
    leaf = ca.issue("Nguyễn Văn A", not_after=THEN + DAY)
    assert status(leaf, ca, (ca.crl(THEN),)).status == "good"
    assert status(leaf, ca, (ca.crl(NOW - DAY),)).status == "unavailable"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "good"),
        ({"no_check": False}, "unavailable"),
        ({"not_after": THEN}, "unavailable"),
        ({"not_before": NOW}, "unavailable"),
        ({"usages": ("key_encipherment",)}, "unavailable"),
        ({"digest": "sha1"}, "unavailable"),
    ],
    ids=["delegate", "own-status-unknown", "expired", "later", "key-usage", "weakly-certified"],
)
def test_delegated_responder(
    leaf: Holder, ca: Holder, options: dict[str, Any], expected: str
) -> None:
    responder = make_responder(ca, **options)
    answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY, responder=responder)
    assert status(leaf, ca, (), (answer,)).status == expected


def test_responder_without_nocheck_needs_a_status_of_its_own(leaf: Holder, ca: Holder) -> None:
    responder = make_responder(ca, no_check=False)
    answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY, responder=responder)
    good = ca.crl(NOW - DAY)
    about_it = ca.ocsp(responder, NOW - DAY, NOW + DAY)
    by_itself = ca.ocsp(responder, NOW - DAY, NOW + DAY, responder=responder)
    assert status(leaf, ca, (), (answer, about_it)).status == "good"
    assert status(leaf, ca, (), (answer, by_itself)).status == "unavailable"
    assert status(leaf, ca, (good,), (answer,)).status == "good"
    against_it = ca.ocsp(responder, NOW, revoked_at=THEN)
    assert status(leaf, ca, (), (answer, against_it)).status == "unavailable"


def test_responder_of_another_authority_or_without_the_usage(leaf: Holder, ca: Holder) -> None:
    stranger = make_responder(make_root("Other CA"))
    client = ca.issue("Client", extended=(ExtendedKeyUsageOID.CLIENT_AUTH,), no_check=True)
    plain = ca.issue("Nguyễn Văn A", no_check=True)
    for responder in (stranger, client, plain):
        answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY, responder=responder)
        assert status(leaf, ca, (), (answer,)).status == "unavailable"


def test_signer_of_the_data_must_have_been_valid_when_they_are_proven() -> None:
    root = make_root()
    ca = root.issue("Specimen CA", ca=True, not_after=NOW - DAY)
    leaf = ca.issue("Nguyễn Văn A")
    crl = ca.crl(THEN)
    assert status(leaf, ca, (crl,), proven=THEN + DAY).status == "good"
    found = status(leaf, ca, (crl,), proven=NOW)
    assert (found.status, found.unproven) == ("unavailable", Doubt.ENDED)


def test_weakly_signed_data_are_not_believed() -> None:
    weak = make_root("Weak CA", kind="rsa1024")
    leaf = weak.issue("Nguyễn Văn A")
    assert status(leaf, weak, (weak.crl(NOW - DAY),)).status == "unavailable"


@pytest.mark.parametrize("load", [load_crl, load_ocsp])
@pytest.mark.parametrize("data", [b"", b"rubbish", b"\x30\x80" * 200, b"\x30\x03\x0a\x01\x06"])
def test_rubbish_is_refused(load: Any, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        load(data)
    assert caught.value.code == "revocation_malformed"


def test_mutations_never_turn_revoked_into_good(leaf: Holder, ca: Holder) -> None:
    crl = ca.crl(NOW - DAY, revoked=revoked(leaf, THEN - DAY))
    answer = ca.ocsp(leaf, NOW - DAY, NOW + DAY, revoked_at=THEN - DAY)
    for der, is_crl in ((crl, True), (answer, False)):
        for position in range(len(der)):
            changed = der[:position] + bytes([der[position] ^ 0x03]) + der[position + 1 :]
            crls, ocsps = ((changed,), ()) if is_crl else ((), (changed,))
            assert status(leaf, ca, crls, ocsps).status in {"unavailable", "revoked"}


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_negative_serial_is_in_no_crl(ca: Holder, leaf: Holder) -> None:
    """The library refuses to look one up; a CA of ours or of a stranger's may have made it."""
    made = asn1_x509.Certificate.load(leaf.der)
    made["tbs_certificate"]["serial_number"] = -5
    made["signature_value"] = sign_value(ca.key, made["tbs_certificate"].dump(force=True))
    odd = load_certificate(made.dump(force=True))
    evidence = read_evidence(RevocationData((ca.crl(NOW - DAY),)), NOW)
    found = status_at(odd, load_certificate(ca.der), THEN, NOW, evidence)
    assert found.status == "unavailable"
