"""Verdicts on one signature: digest, value, certificate, time, revocation, algorithms."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from pyhanko.sign import fields

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.pki.certificates import load_certificate
from antin.pki.crl_read import KEPT
from antin.pki.der_read import whole
from antin.pki.rfc5280 import path_problem
from antin.pki.trust import TrustAnchor, TrustMaterial
from antin.verifier.policy import AlgorithmFloor, RevocationDuty, default_policy
from antin.verifier.report import Conclusion, Indication, Report
from antin.verifier.verify import verify
from tests.oldforms import signed_by_hand
from tests.pdfs import appended
from tests.signedpdf import (
    FixedTimeStamper,
    add_page,
    blank_pdf,
    check,
    only,
    replace_cms,
    sign,
    stamp,
    trust_in,
)
from tests.smallpki import (
    DAY,
    NOW,
    YEAR,
    CmsShape,
    Holder,
    make_cms,
    make_responder,
    make_root,
    make_token,
    make_tsa,
    signed_digest,
)
from tests.unit.verifier.conftest import Office


@pytest.fixture(scope="module")
def plain(office: Office) -> bytes:
    return sign(blank_pdf(), office.officer)


@pytest.fixture(scope="module")
def stamped(office: Office) -> bytes:
    return sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY))


def verdict(report: Report) -> tuple[str, str | None]:
    one = only(report)
    expected = {
        Indication.PASSED: Conclusion.PASSED,
        Indication.FAILED: Conclusion.FAILED,
        Indication.INDETERMINATE: Conclusion.INDETERMINATE,
    }
    assert report.conclusion is expected[one.indication]
    return str(one.indication), one.sub_indication


def codes(report: Report) -> set[str]:
    return {found.code for found in only(report).findings}


def test_baseline_signature_passes(office: Office, plain: bytes) -> None:
    report = check(plain, office.trust())
    one = only(report)
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert (one.level, one.digest_ok, one.signature_ok) == ("B-B", True, True)
    assert (one.best_signature_time, one.time_source) == (None, "none")
    assert one.signer is not None
    assert one.signer.subject == "CN=Nguyễn Văn A"
    assert [c.subject for c in one.chain] == [
        "CN=Nguyễn Văn A",
        "CN=Specimen CA",
        "CN=Specimen Root",
    ]
    assert [(r.source, r.status) for r in one.revocation] == [("crl", "good"), ("crl", "good")]
    assert one.algorithm is not None
    assert (one.algorithm.digest, one.algorithm.signature) == ("sha256", "ecdsa")
    assert one.algorithm.key == "ec-p256"
    assert report.sha256 == hashlib.sha256(plain).hexdigest()
    assert report.revisions == 2


def test_same_input_same_report(office: Office, plain: bytes) -> None:
    assert check(plain, office.trust()) == check(plain, office.trust())


@pytest.mark.parametrize("scheme", ["rsa2048", "rsa2048-pss", "p384", "ed25519"])
def test_other_schemes_pass(office: Office, scheme: str) -> None:
    kind, _, pss = scheme.partition("-")
    officer = office.ca.issue("Trần Thị B", kind=kind)
    data = sign(blank_pdf(), officer, pss=bool(pss), digest="sha512")
    assert verdict(check(data, office.trust())) == ("TOTAL-PASSED", None)


def test_time_stamped_signature_passes(office: Office, stamped: bytes) -> None:
    one = only(check(stamped, office.trust()))
    assert (one.indication, one.level) == (Indication.PASSED, "B-T")
    assert one.best_signature_time == NOW - 2 * DAY
    assert one.time_source == "signature-timestamp"


@pytest.mark.requirement("CRY-4")
def test_flipped_byte_of_the_page(office: Office, plain: bytes) -> None:
    report = check(plain.replace(b"Specimen letter", b"Specimen Letter"), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "HASH_FAILURE")
    assert (only(report).digest_ok, only(report).signature_ok) == (False, True)


def test_wrong_signature_value(office: Office, plain: bytes) -> None:
    forger = Holder(office.root.issue("Forger").key, office.officer.certificate)

    def forge(der: bytes) -> bytes:
        return make_cms(forger, signed_digest(der))

    report = check(replace_cms(plain, forge), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")
    assert "signature_value_mismatch" in codes(report)


def test_page_added_afterwards(office: Office, plain: bytes) -> None:
    report = check(add_page(plain), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert only(report).digest_ok is True


def test_untrusted_root(office: Office, plain: bytes) -> None:
    report = check(plain, trust_in(make_root("Somebody else")))
    assert verdict(report) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    assert codes(report) == {"path_not_found"}
    assert verdict(check(plain, TrustMaterial())) == verdict(report)


def test_root_of_the_same_name(office: Office, plain: bytes) -> None:
    report = check(plain, trust_in(make_root("Specimen Root")))
    assert verdict(report) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_anchor_for_time_stamps_only(office: Office, plain: bytes) -> None:
    anchor = TrustAnchor(office.root.der, frozenset({"time-stamp"}))
    report = check(plain, TrustMaterial((anchor,), (), office.trust().revocation))
    assert verdict(report) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_expired_without_time_proof(office: Office, plain: bytes) -> None:
    later = NOW + 2 * YEAR
    report = check(plain, office.trust(later - DAY), later)
    assert verdict(report) == ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")
    assert "path_expired" in codes(report)


@pytest.mark.requirement("CRY-8")
def test_expired_with_time_proof(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", not_after=NOW - DAY)
    data = sign(blank_pdf(), officer, stamped=office.stamper(NOW - 2 * DAY))
    trust = office.trust(NOW - 2 * DAY)
    assert verdict(check(data, trust)) == ("TOTAL-PASSED", None)
    # A CRL from after the expiry no longer lists the certificate: it says nothing.
    assert verdict(check(data, office.trust(NOW))) == ("INDETERMINATE", "TRY_LATER")


def test_not_yet_valid(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", not_before=NOW + DAY)
    report = check(sign(blank_pdf(), officer), office.trust())
    assert verdict(report) == ("INDETERMINATE", "OUT_OF_BOUNDS_NOT_REVOKED")
    assert codes(report) == {"path_not_yet_valid"}


@pytest.mark.requirement("CRY-3")
def test_revoked_without_time_proof(office: Office, plain: bytes) -> None:
    report = check(plain, office.trust(officer=(NOW - 3 * DAY, "keyCompromise")))
    assert verdict(report) == ("INDETERMINATE", "REVOKED_NO_POE")
    assert codes(report) == {"path_revoked"}


def test_revoked_before_the_time_stamp(office: Office, stamped: bytes) -> None:
    report = check(stamped, office.trust(officer=(NOW - 3 * DAY, "keyCompromise")))
    assert verdict(report) == ("INDETERMINATE", "REVOKED_NO_POE")


def test_suspended_may_come_back(office: Office, stamped: bytes) -> None:
    report = check(stamped, office.trust(officer=(NOW - 3 * DAY, "certificateHold")))
    assert verdict(report) == ("INDETERMINATE", "TRY_LATER")
    assert codes(report) == {"path_suspended"}


def test_revoked_after_the_time_stamp(office: Office, stamped: bytes) -> None:
    report = check(stamped, office.trust(NOW, officer=(NOW - DAY, "keyCompromise")))
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert [found.code for found in only(report).warnings] == ["path_revoked_later"]


def test_revoked_ca(office: Office, plain: bytes) -> None:
    report = check(plain, office.trust(ca=(NOW - 3 * DAY, "cACompromise")))
    assert verdict(report) == ("INDETERMINATE", "REVOKED_CA_NO_POE")
    assert codes(report) == {"path_revoked"}


@pytest.mark.requirement("CRY-3")
def test_revocation_data_missing(office: Office, plain: bytes) -> None:
    report = check(plain, trust_in(office.root))
    assert verdict(report) == ("INDETERMINATE", "TRY_LATER")
    assert [r.status for r in only(report).revocation] == ["unavailable", "unavailable"]


@pytest.mark.parametrize(
    ("wanted", "known", "expected"),
    [
        ({"signer", "authorities"}, "", "TRY_LATER"),
        (set(), "", None),
        ({"authorities"}, "", "TRY_LATER"),
        ({"authorities"}, "authorities", None),
        ({"signer"}, "authorities", "TRY_LATER"),
        ({"signer"}, "signer", None),
    ],
)
def test_policy_says_whose_status_must_be_known(
    office: Office, plain: bytes, wanted: set[str], known: str, expected: str | None
) -> None:
    duty = RevocationDuty("signer" in wanted, "authorities" in wanted, timestamps=True)
    policy = replace(default_policy(), revocation=duty)
    root_crl, ca_crl = office.crls(NOW - DAY)
    crls = {"": [], "authorities": [root_crl], "signer": [ca_crl]}[known]
    report = check(plain, trust_in(office.root, crls=crls), policy=policy)
    assert verdict(report)[1] == expected
    if expected is None:
        assert "revocation_undetermined" in {found.code for found in only(report).warnings}


def test_policy_may_demand_longer_keys(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", kind="rsa2048")
    floor = AlgorithmFloor(frozenset({"sha256"}), rsa_bits=3072, ec_bits=256)
    policy = replace(default_policy(), algorithms=floor)
    for stamped in (None, office.stamper(NOW - 2 * DAY)):
        report = check(sign(blank_pdf(), officer, stamped=stamped), office.trust(), policy=policy)
        assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")


def test_revocation_data_stale_and_from_the_future(office: Office, plain: bytes) -> None:
    for moment in (NOW - YEAR, NOW + DAY):
        assert verdict(check(plain, office.trust(moment)))[1] == "TRY_LATER"


def test_ocsp_by_delegate(office: Office, plain: bytes) -> None:
    responder = make_responder(office.ca)
    good = office.ca.ocsp(office.officer, NOW, NOW + DAY, responder=responder)
    bad = office.ca.ocsp(office.officer, NOW, NOW + DAY, NOW - DAY, responder=responder)
    root_crl = (office.crls(NOW - DAY)[0],)
    report = check(plain, trust_in(office.root, crls=root_crl, ocsps=(good,)))
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert only(report).revocation[0].source == "ocsp"
    report = check(plain, trust_in(office.root, crls=root_crl, ocsps=(bad,)))
    assert verdict(report) == ("INDETERMINATE", "REVOKED_NO_POE")


def test_wrong_key_usage(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", usages=("key_encipherment",))
    report = check(sign(blank_pdf(), officer), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE")
    assert "path_purpose" in codes(report)


def test_signer_certified_by_an_end_entity(office: Office) -> None:
    forged = office.officer.issue("Trần Thị B")
    report = check(sign(blank_pdf(), forged), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE")
    assert codes(report) == {"path_invalid"}


@pytest.mark.requirement("CRY-1")
def test_sha1(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", kind="rsa2048")
    report = check(sign(blank_pdf(), officer, digest="sha1"), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert codes(report) == {"algorithm_weak"}


@pytest.mark.requirement("CRY-1")
def test_rsa_1024(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", kind="rsa1024")
    report = check(sign(blank_pdf(), officer), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert codes(report) == {"algorithm_weak", "path_weak"}


def test_a_container_in_ber_passes_and_is_named(office: Office, plain: bytes) -> None:
    def open_ended(der: bytes) -> bytes:
        outer = whole(der, "cms_malformed")
        return b"\x30\x80" + der[outer.at :] + b"\x00\x00"

    report = check(replace_cms(plain, open_ended), office.trust())
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert [w.code for w in only(report).warnings] == ["container_read_leniently"]
    strict = only(check(plain, office.trust()))
    assert "container_read_leniently" not in {w.code for w in strict.warnings}


def test_a_path_that_is_given_up(office: Office) -> None:
    named = [x509.PolicyInformation(x509.ObjectIdentifier(f"1.2.3.{n}"), None) for n in range(700)]
    # Who makes no demand on policies is not held up by their number.
    demand = x509.PolicyConstraints(require_explicit_policy=5, inhibit_policy_mapping=None)
    policies = ((x509.CertificatePolicies(named), False), (demand, True))
    officer = office.ca.issue("Trần Thị B", more=policies)
    report = check(sign(blank_pdf(), officer), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE")
    assert codes(report) == {"path_too_complex"}


def test_sha1_in_a_certificate_of_the_path(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", digest="sha1")
    report = check(sign(blank_pdf(), officer), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert codes(report) == {"path_weak"}


def test_sha1_that_a_time_stamp_proves_to_be_old() -> None:
    then = NOW - 15 * YEAR
    start: dict[str, Any] = {"not_before": then - YEAR, "not_after": NOW + 10 * YEAR}
    root = make_root(**start)
    officer = root.issue("Trần Thị B", kind="rsa2048", digest="sha1", **start)
    tsa = make_tsa(root, **start)
    data = sign(
        blank_pdf(), officer, digest="sha1", stamped=FixedTimeStamper(tsa, then, algorithm="sha1")
    )
    trust = trust_in(root, crls=(root.crl(NOW - DAY),))
    sound = sign(blank_pdf(), officer, digest="sha256", stamped=FixedTimeStamper(tsa, then))
    assert verdict(check(sound, trust)) == ("TOTAL-PASSED", None)
    # The stamp's own imprint is SHA-1 and nothing proves its age: it proves nothing today.
    assert verdict(check(data, trust))[1] == "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"


@pytest.mark.requirement("CRY-7")
def test_copied_time_stamp(office: Office) -> None:
    elsewhere = hashlib.sha256(b"another signature value").digest()
    data = sign(
        blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY, digest=elsewhere)
    )
    report = check(data, office.trust())
    assert verdict(report) == ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")
    assert codes(report) == {"timestamp_wrong_content"}
    assert only(report).best_signature_time is None


def test_time_stamp_of_an_unknown_authority_proves_nothing(office: Office) -> None:
    stranger = make_tsa(make_root("Somebody else"))
    officer = office.ca.issue("Trần Thị B", not_after=NOW - DAY)
    data = sign(blank_pdf(), officer, stamped=FixedTimeStamper(stranger, NOW - 2 * DAY))
    report = check(data, office.trust(NOW - 2 * DAY))
    assert verdict(report) == ("INDETERMINATE", "OUT_OF_BOUNDS_NOT_REVOKED")
    assert only(report).time_source == "none"
    assert "timestamp_unproven" in {found.code for found in only(report).warnings}


def test_time_stamp_from_the_future_proves_nothing(office: Office) -> None:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW + DAY))
    one = only(check(data, office.trust()))
    assert (one.best_signature_time, one.time_source) == (None, "none")


def test_revoked_time_stamping_authority_proves_nothing(office: Office, stamped: bytes) -> None:
    report = check(stamped, office.trust(tsa=(NOW - 5 * DAY, "keyCompromise")))
    assert only(report).time_source == "none"


@pytest.mark.requirement("CRY-4")
def test_certificate_swapped_for_one_with_the_same_key(office: Office) -> None:
    other = Holder(
        office.officer.key, office.ca.issue("Trần Thị B", key=office.officer.key).certificate
    )

    def swap(der: bytes) -> bytes:
        swapped = Holder(other.key, other.certificate, office.officer.chain)
        return make_cms(swapped, signed_digest(der), CmsShape(ess=office.officer.der))

    report = check(replace_cms(sign(blank_pdf(), office.officer), swap), office.trust())
    assert verdict(report) == ("INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND")
    assert codes(report) == {"signer_certificate_mismatch"}


def test_pades_without_bound_certificate(office: Office, plain: bytes) -> None:
    def unbind(der: bytes) -> bytes:
        return make_cms(office.officer, signed_digest(der), CmsShape(ess=False))

    report = check(replace_cms(plain, unbind), office.trust())
    assert verdict(report) == ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")
    assert codes(report) == {"signer_certificate_unprotected"}


@pytest.mark.requirement("CRY-4")
def test_signature_without_its_certificate(office: Office, plain: bytes) -> None:
    def strip(der: bytes) -> bytes:
        shape = CmsShape(certificates=office.officer.chain)
        return make_cms(office.officer, signed_digest(der), shape)

    data = replace_cms(plain, strip)
    report = check(data, office.trust())
    assert verdict(report) == ("INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND")
    assert codes(report) == {"signer_certificate_missing"}
    assert (only(report).signer, only(report).signature_ok) == (None, None)
    # Whoever can't be named can't have vouched for altered bytes either.
    altered = check(data.replace(b"Specimen letter", b"Specimen Letter"), office.trust())
    assert verdict(altered) == ("TOTAL-FAILED", "HASH_FAILURE")
    assert codes(altered) == {"signer_certificate_missing", "digest_wrong", "attack_signed_bytes"}


@pytest.mark.requirement("CRY-1")
@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ("608648016503040201", "608648016503040263"),  # SHA-256 → an unassigned digest
        ("2a8648ce3d040302", "2a8648ce3d040363"),  # ECDSA with SHA-256 → no such algorithm
    ],
)
def test_algorithm_that_is_not_known(
    office: Office, plain: bytes, known: str, unknown: str
) -> None:
    def rename(der: bytes) -> bytes:
        made = make_cms(office.officer, signed_digest(der), CmsShape(certificates=()))
        assert bytes.fromhex(known) in made
        return made.replace(bytes.fromhex(known), bytes.fromhex(unknown))

    report = check(replace_cms(plain, rename), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert codes(report) == {"algorithm_unsupported"}


def test_altered_bytes_are_named_though_the_value_cannot_be_checked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antin.pki.certificates.MAX_RSA_BITS", 2047)
    data = sign(blank_pdf(), office.ca.issue("Trần Thị B", kind="rsa2048"))
    report = check(data, office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert (only(report).digest_ok, only(report).signature_ok) == (True, None)
    altered = check(data.replace(b"Specimen letter", b"Specimen Letter"), office.trust())
    assert verdict(altered) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_plain_cms_signature(office: Office) -> None:
    data = sign(blank_pdf(), office.officer, subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    report = check(data, office.trust())
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert only(report).level == "CMS"


def test_unsupported_subfilter(office: Office) -> None:
    data = signed_by_hand(lambda _: b"<Signature/>", b"specimen.own.xmldsig")
    report = check(data, office.trust())
    assert verdict(report) == ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")
    assert codes(report) == {"subfilter_unsupported"}


@pytest.mark.parametrize("rubbish", [b"\x30\x03\x02\x01\x01", b"\x01", b"\x30\x80" * 300])
def test_rubbish_in_contents(office: Office, plain: bytes, rubbish: bytes) -> None:
    report = check(replace_cms(plain, lambda _: rubbish), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert "signature_malformed" in codes(report)


def test_token_in_place_of_a_signature(office: Office, plain: bytes) -> None:
    token = make_token(office.tsa, hashlib.sha256(b"").digest(), NOW)
    report = check(replace_cms(plain, lambda _: token), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert "signature_malformed" in codes(report)


def test_two_signers(office: Office, plain: bytes) -> None:
    shape = CmsShape(signers=2)
    report = check(
        replace_cms(plain, lambda _: make_cms(office.officer, bytes(32), shape)), office.trust()
    )
    assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert "signature_malformed" in codes(report)


def test_second_signature_leaves_the_first_valid(office: Office, plain: bytes) -> None:
    data = sign(plain, office.ca.issue("Trần Thị B"), "Sig2")
    report = check(data, office.trust())
    assert report.conclusion is Conclusion.PASSED
    assert [s.covers_whole_file for s in report.signatures] == [False, True]
    assert [s.revision for s in report.signatures] == [2, 3]


def test_worst_signature_decides(office: Office, plain: bytes) -> None:
    data = sign(plain, make_root("Somebody else").issue("Trần Thị B"), "Sig2")
    report = check(data, office.trust())
    assert [s.indication for s in report.signatures] == [
        Indication.PASSED,
        Indication.INDETERMINATE,
    ]
    assert report.conclusion is Conclusion.INDETERMINATE


def test_error_of_the_file_is_never_beside_passed(office: Office, plain: bytes) -> None:
    report = check(plain + b"more to read", office.trust())
    assert "trailing_bytes" in {found.code for found in report.findings}
    assert only(report).indication is Indication.PASSED
    assert report.conclusion is Conclusion.FAILED


def test_hidden_signature_is_not_no_signature(office: Office, plain: bytes) -> None:
    hidden = plain.replace(b"/AcroForm", b"/NotAForm")
    report = check(hidden, office.trust())
    assert report.signatures == ()
    assert "signature_unreachable" in {found.code for found in report.findings}
    assert report.conclusion is Conclusion.FAILED


def test_no_signature(office: Office) -> None:
    report = check(blank_pdf(), office.trust())
    assert (report.conclusion, report.signatures) == (Conclusion.NO_SIGNATURE, ())


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_file"), (b"hello", "not_a_pdf"), (b"%PDF-1.7\n" + b"\x00" * 200, None)],
)
def test_unreadable_files(office: Office, data: bytes, code: str | None) -> None:
    report = verify(MemorySource(data), "x.pdf", office.trust(), NOW, default_policy())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == code or (code is None and report.error.code.startswith("pdf_"))
    assert report.size == len(data)


def test_defect_while_judging_is_told_and_not_passed(
    office: Office, plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("unforeseen")

    for name in ("verify.judge_signature", "broken_off.examine", "broken_off.read_signature"):
        with monkeypatch.context() as patch:
            patch.setattr(f"antin.verifier.{name}", broken)
            report = check(plain, office.trust())
        assert verdict(report)[0] == "INDETERMINATE"
        assert "check_failed" in codes(report)


def test_flipped_bytes_never_pass_and_never_raise(office: Office, plain: bytes) -> None:
    first, length, behind, rest = only(check(plain, office.trust())).byte_range
    signed = [*range(first, first + length), *range(behind, behind + rest)]
    for position in signed[::61]:
        report = check(flip(plain, position, 0x20), office.trust())
        assert report.conclusion is not Conclusion.PASSED, position


def test_flipped_digits_of_the_container_end_in_a_report(office: Office, plain: bytes) -> None:
    """Not all of a CMS is signed: what matters is that the signer and the content stay."""
    whole = only(check(plain, office.trust()))
    gap = whole.byte_range[1]
    for position in range(gap + 1, gap + 1401, 23):
        report = check(flip(plain, position, 1), office.trust())
        if report.conclusion is Conclusion.PASSED:
            assert only(report).signer == whole.signer


def flip(data: bytes, position: int, bits: int) -> bytes:
    return data[:position] + bytes([data[position] ^ bits]) + data[position + 1 :]


def test_signature_without_a_byte_range(office: Office) -> None:
    fields_of = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[50 0 R]>>>>",
        50: b"<</FT/Sig/T(bare)/V 51 0 R>>",
        51: b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Contents<3003>>>",
    }
    report = check(appended(blank_pdf(), fields_of), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert "signature_unreadable" in codes(report)


def test_time_stamp_by_an_algorithm_that_is_not_known(office: Office, plain: bytes) -> None:
    """It proves no time, and that is all."""

    def stamped(der: bytes) -> bytes:
        token = make_token(office.tsa, b"\x00" * 32, NOW)
        known, unknown = (bytes.fromhex(f"6086480165030402{last}") for last in ("01", "63"))
        odd = token.replace(known, unknown)
        return make_cms(office.officer, signed_digest(der), CmsShape(tokens=(odd,)))

    report = check(replace_cms(plain, stamped), office.trust())
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert {found.code for found in only(report).warnings} == {"timestamp_unproven"}
    assert only(report).time_source == "none"


@pytest.mark.parametrize("step", ["open_pdf", "archived", "sighted"])
def test_defect_while_reading_is_told(
    office: Office, plain: bytes, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(f"antin.verifier.verify.{step}", broken)
    report = check(plain, office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == "defect"
    assert "KeyError" in report.error.detail
    assert report.sha256 == hashlib.sha256(plain).hexdigest()


class Unreadable(MemorySource):
    """A file on a disk that fails."""

    def pread(self, offset: int, length: int) -> bytes:
        raise InputError("file_unreadable", path="specimen.pdf", reason=f"{length} at {offset}")


def test_file_that_cannot_be_read_has_no_digest(office: Office, plain: bytes) -> None:
    source = Unreadable(plain)
    report = verify(source, "specimen.pdf", office.trust(), NOW, default_policy())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == "file_unreadable"
    assert (report.sha256, report.size) == ("", len(plain))


@pytest.mark.parametrize(
    "step",
    [
        "verify.open_pdf",
        "broken_off.read_signature",
        "broken_off.examine",
        "verify.judge_signature",
        "verify.judge_timestamp",
    ],
)
def test_without_memory_there_is_no_verdict(
    office: Office, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Nor one on what is left: the rest could have been the reason to refuse."""

    def hungry(*_: object) -> None:
        raise MemoryError

    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW))
    monkeypatch.setattr(f"antin.verifier.{step}", hungry)
    report = check(data, office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == "verify_memory_exceeded"


@pytest.mark.parametrize(
    "step",
    [
        "certificates._parts",
        "cms_read._read_signer",
        "crl_read._read",
        "ocsp_read._basic",
        "rfc5280._link_problem",
        "timestamps._read_info",
    ],
)
def test_what_memory_ran_out_over_is_not_merely_left_out(
    office: Office, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A CRL that nobody had the memory to read could list the signer."""

    def hungry(*_: object) -> None:
        raise MemoryError

    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW))
    said = office.ca.ocsp(office.officer, NOW - DAY, NOW + DAY)
    trust = trust_in(office.root, crls=office.crls(NOW - DAY), ocsps=(said,))
    for forget in (load_certificate.cache_clear, KEPT.clear, path_problem.cache_clear):
        forget()
    with monkeypatch.context() as patch:
        patch.setattr(f"antin.pki.{step}", hungry)
        report = check(data, trust)
    assert report.error is not None
    assert report.error.code == "verify_memory_exceeded"
    # Nothing that was found without it is remembered.
    assert check(data, trust).conclusion is Conclusion.PASSED
