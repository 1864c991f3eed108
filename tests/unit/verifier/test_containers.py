"""Every form of /Contents, by what it is and whatever /SubFilter calls it."""

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import cms

from antin.core.bytesource import MemorySource
from antin.pki.der_write import tlv
from antin.verifier.certificates import certificates_in
from antin.verifier.report import Indication, Report, Severity
from tests.oldforms import detached, pkcs7_sha1, rsa_value, signed_by_hand
from tests.signedpdf import blank_pdf, check, only, replace_cms, sign, trust_in, verdict
from tests.smallpki import (
    DAY,
    NOW,
    YEAR,
    CmsShape,
    Holder,
    make_cms,
    make_key,
    make_root,
    make_token,
    make_tsa,
)
from tests.unit.verifier.conftest import Office

LONG_AGO = datetime(2010, 6, 1, 12, tzinfo=UTC)
"""SHA-1 was believed then."""


@pytest.fixture(scope="module")
def clerk(office: Office) -> Holder:
    """A signer with an RSA key."""
    return office.ca.issue("Trần Thị B", key=make_key("rsa2048", 1))


def codes(report: Report) -> set[str]:
    one = only(report)
    return {found.code for found in (*one.findings, *one.warnings)}


def test_sha1_of_the_file_as_content(office: Office) -> None:
    data = signed_by_hand(pkcs7_sha1(office.officer), b"adbe.pkcs7.sha1")
    one = only(check(data, office.trust()))
    assert (one.digest_ok, one.signature_ok, one.level) == (True, True, "CMS")
    assert one.algorithm is not None
    assert (one.algorithm.digest, one.subfilter) == ("sha1", "adbe.pkcs7.sha1")
    assert one.document_digest is not None
    assert len(one.document_digest) == 40
    # SHA-1 says nothing today without a proof that it was signed when it did.
    assert one.sub_indication == "CRYPTO_CONSTRAINTS_FAILURE"
    assert [found.code for found in one.findings] == ["algorithm_weak"]


def test_sha1_inside_is_weighed_though_the_container_is_strong(office: Office) -> None:
    strong = CmsShape(digest="sha256", ess=False)
    data = signed_by_hand(pkcs7_sha1(office.officer, strong), b"adbe.pkcs7.sha1")
    report = check(data, office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert (only(report).digest_ok, only(report).signature_ok) == (True, True)


def test_sha1_inside_passes_at_a_time_when_it_was_believed() -> None:
    root = make_root(not_before=LONG_AGO - YEAR)
    since = LONG_AGO - YEAR
    officer, tsa = root.issue("Nguyễn Văn A", not_before=since), make_tsa(root, not_before=since)
    trust = trust_in(root, crls=(root.crl(NOW - DAY),))

    def stamped(covered: bytes) -> bytes:
        plain = pkcs7_sha1(officer)(covered)
        value = cms.ContentInfo.load(plain)["content"]["signer_infos"][0]["signature"].native
        return with_token(plain, make_token(tsa, hashlib.sha256(value).digest(), LONG_AGO))

    report = check(signed_by_hand(stamped, b"adbe.pkcs7.sha1"), trust)
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert only(report).best_signature_time == LONG_AGO


def with_token(der: bytes, token: bytes) -> bytes:
    """Return a CMS with a signature time-stamp put in."""
    info = cms.ContentInfo.load(der)
    attribute = {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
    info["content"]["signer_infos"][0]["unsigned_attrs"] = [attribute]
    return bytes(info.dump())


@pytest.mark.parametrize("subfilter", [b"adbe.pkcs7.sha1", b"adbe.x509.rsa_sha1"])
def test_altered_bytes(office: Office, clerk: Holder, subfilter: bytes) -> None:
    make = pkcs7_sha1(clerk) if b"pkcs7" in subfilter else rsa_value(clerk)
    data = signed_by_hand(make, subfilter, (clerk.der,) if b"x509" in subfilter else ())
    report = check(data.replace(b"Specimen letter", b"Specimen Letter"), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "HASH_FAILURE")
    assert (only(report).digest_ok, only(report).signature_ok) == (False, True)


def test_content_that_the_attributes_do_not_name(office: Office) -> None:
    def make(covered: bytes) -> bytes:
        good = pkcs7_sha1(office.officer)(covered)
        right = hashlib.sha1(covered, usedforsecurity=False).digest()
        other = pkcs7_sha1(office.officer)(b"something else")
        wrong = hashlib.sha1(b"something else", usedforsecurity=False).digest()
        assert right in good
        return other.replace(wrong, right)

    report = check(signed_by_hand(make, b"adbe.pkcs7.sha1"), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")
    assert only(report).digest_ok is True


def test_without_signed_attributes(office: Office) -> None:
    shape = CmsShape(digest="sha1", ess=False, signed_attributes=False)

    def make(covered: bytes) -> bytes:
        content = hashlib.sha1(covered, usedforsecurity=False).digest()
        return make_cms(office.officer, content, replace(shape, content=content))

    one = only(check(signed_by_hand(make, b"adbe.pkcs7.sha1"), office.trust()))
    assert (one.digest_ok, one.signature_ok) == (True, True)


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_bare_rsa_value(office: Office, clerk: Holder, digest: str) -> None:
    chain = (clerk.der, *clerk.chain)
    data = signed_by_hand(rsa_value(clerk, digest), b"adbe.x509.rsa_sha1", chain)
    one = only(check(data, office.trust()))
    assert (one.digest_ok, one.signature_ok, one.level) == (True, True, "CMS")
    assert one.signer is not None
    assert one.signer.subject == "CN=Trần Thị B"
    assert one.algorithm is not None
    assert one.algorithm.digest == digest
    weak = digest == "sha1"
    assert one.indication is (Indication.INDETERMINATE if weak else Indication.PASSED)
    assert set(certificates_in(MemorySource(data))) == set(chain)


def test_bare_rsa_value_of_another_key(office: Office, clerk: Holder) -> None:
    thief = office.ca.issue("Nguyễn Văn A", key=make_key("rsa2048", 2))
    data = signed_by_hand(rsa_value(thief, "sha256"), b"adbe.x509.rsa_sha1", (clerk.der,))
    report = check(data, office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")
    assert (only(report).digest_ok, only(report).signature_ok) == (None, False)


@pytest.mark.parametrize("certificates", [(), (b"\x30\x03\x02\x01\x05",)])
def test_bare_rsa_value_without_its_certificate(
    office: Office, clerk: Holder, certificates: tuple[bytes, ...]
) -> None:
    data = signed_by_hand(rsa_value(clerk), b"adbe.x509.rsa_sha1", certificates)
    report = check(data, office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert codes(report) == {"signature_malformed"}


def test_bare_rsa_value_beside_another_kind_of_key(office: Office, clerk: Holder) -> None:
    data = signed_by_hand(rsa_value(clerk), b"adbe.x509.rsa_sha1", (office.officer.der,))
    report = check(data, office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert codes(report) == {"algorithm_unsupported"}


@pytest.mark.parametrize("rubbish", [tlv(0x04, bytes(5000)), b"\x04\x84\x7f"])
def test_rubbish_as_bare_value(office: Office, clerk: Holder, rubbish: bytes) -> None:
    data = signed_by_hand(lambda _: rubbish, b"adbe.x509.rsa_sha1", (clerk.der,))
    assert verdict(check(data, office.trust())) == ("TOTAL-FAILED", "FORMAT_FAILURE")


@pytest.mark.parametrize(
    ("subfilter", "form"),
    [
        (b"adbe.pkcs7.detached", "adbe.pkcs7.sha1"),
        (None, "adbe.pkcs7.sha1"),
        (b"Specimen.own", "adbe.pkcs7.sha1"),
    ],
)
def test_a_misleading_name_is_told(office: Office, subfilter: bytes | None, form: str) -> None:
    data = signed_by_hand(pkcs7_sha1(office.officer), subfilter)
    one = only(check(data, office.trust()))
    assert (one.digest_ok, one.signature_ok) == (True, True)
    (told,) = (found for found in one.warnings if found.code == "subfilter_misleading")
    assert told.severity is Severity.WARNING
    assert form in told.detail


@pytest.mark.parametrize("subfilter", [None, b"Specimen.own"])
def test_a_nameless_signature_is_judged_and_told(office: Office, subfilter: bytes | None) -> None:
    report = check(signed_by_hand(detached(office.officer), subfilter), office.trust())
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert only(report).level == "CMS"
    assert codes(report) == {"subfilter_misleading"}
    unbound = signed_by_hand(detached(office.officer, CmsShape(ess=False)), subfilter)
    assert verdict(check(unbound, office.trust()))[1] == "SIG_CONSTRAINTS_FAILURE"


@pytest.mark.parametrize("kind", [b"Sig", b"DocTimeStamp"])
def test_a_nameless_time_stamp_is_a_time_stamp(office: Office, kind: bytes) -> None:
    def make(covered: bytes) -> bytes:
        return make_token(office.tsa, hashlib.sha256(covered).digest(), NOW)

    report = check(signed_by_hand(make, None, kind=kind), office.trust())
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert only(report).kind == "document-timestamp"
    assert codes(report) == {"subfilter_misleading"}


def test_a_nameless_signature_that_calls_itself_a_time_stamp(office: Office) -> None:
    data = signed_by_hand(detached(office.officer), None, kind=b"DocTimeStamp")
    assert only(check(data, office.trust())).kind == "signature"


@pytest.mark.parametrize("subfilter", [b"ETSI.RFC3161", b"adbe.x509.rsa_sha1"])
def test_who_promises_one_and_brings_the_other(
    office: Office, clerk: Holder, subfilter: bytes
) -> None:
    def stamp(covered: bytes) -> bytes:
        return make_token(office.tsa, hashlib.sha256(covered).digest(), NOW)

    stamps = b"RFC3161" in subfilter
    for make in (rsa_value(clerk, "sha256"), detached(clerk)) if stamps else (stamp,):
        kind = b"DocTimeStamp" if stamps else b"Sig"
        report = check(signed_by_hand(make, subfilter, (clerk.der,), kind=kind), office.trust())
        assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
        assert codes(report) == {"signature_malformed"}


def test_content_of_any_other_length_is_refused(office: Office) -> None:
    shape = CmsShape(content=b"twenty-one bytes long")
    data = signed_by_hand(detached(office.officer, shape), b"adbe.pkcs7.sha1")
    report = check(data, office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert codes(report) == {"signature_malformed"}


@pytest.mark.real("pdfsig")
@pytest.mark.parametrize("altered", [False, True])
@pytest.mark.parametrize("form", ["pkcs7.detached", "pkcs7.sha1"])
def test_pdfsig_agrees(
    office: Office, clerk: Holder, tmp_path: Path, form: str, *, altered: bool
) -> None:
    shape = CmsShape(ess=False)
    make = detached(clerk, shape) if form == "pkcs7.detached" else pkcs7_sha1(clerk)
    data = signed_by_hand(make, f"adbe.{form}".encode())
    if altered:
        data = data.replace(b"Specimen letter", b"Specimen Letter")
    (tmp_path / "a.pdf").write_bytes(data)
    command = ["pdfsig", "-nocert", str(tmp_path / "a.pdf")]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    one = only(check(data, office.trust()))
    assert ("Signature is Valid" in told) is (one.digest_ok is True and one.signature_ok is True)
    assert ("Digest Mismatch" in told) is (one.digest_ok is False)


def test_the_name_alone_changes_nothing(office: Office) -> None:
    """Rewriting the name in a file is an alteration like any other."""
    data = signed_by_hand(detached(office.officer), b"adbe.pkcs7.detached")
    report = check(data.replace(b"adbe.pkcs7.detached", b"Specimen.own.detach"), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "HASH_FAILURE")


def detached_bare(holder: Holder) -> Callable[[bytes], bytes]:
    """Return what makes a detached CMS that signs the file itself, without signed attributes."""
    shape = CmsShape(signed_attributes=False, ess=False)
    return lambda covered: make_cms(holder, covered, shape)


def test_detached_without_signed_attributes(office: Office) -> None:
    data = signed_by_hand(detached_bare(office.officer), b"adbe.pkcs7.detached")
    one = only(check(data, office.trust()))
    assert (one.digest_ok, one.signature_ok) == (True, True)
    altered = check(data.replace(b"Specimen letter", b"Specimen Letter"), office.trust())
    assert only(altered).indication is Indication.FAILED
    assert (only(altered).digest_ok, only(altered).signature_ok) == (False, False)


def test_detached_over_bytes_that_are_not_there(office: Office) -> None:
    """What could not be hashed is neither right nor wrong; the byte range fails."""
    data = signed_by_hand(detached_bare(office.officer), b"adbe.pkcs7.detached")
    start, end = only(check(data, office.trust())).byte_range[1:3]
    was = b"[0 %010d %010d %010d]" % (start, end, len(data) - end)
    assert was in data
    data = data.replace(was, b"[0 %010d %010d %010d]" % (start, end, len(data)))
    one = only(check(data, office.trust()))
    assert (one.indication, one.sub_indication) == (Indication.FAILED, "FORMAT_FAILURE")
    assert (one.digest_ok, one.signature_ok) == (None, None)


def test_certificates_of_time_stamps_and_of_what_can_be_read(office: Office) -> None:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper())
    unreadable = replace_cms(sign(data, office.ca.issue("Trần Thị B"), "Sig2"), lambda _: b"\x01")
    for one in (data, unreadable):
        found = set(certificates_in(MemorySource(one)))
        assert {office.officer.der, office.tsa.der} <= found
