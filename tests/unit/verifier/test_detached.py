"""Signatures that are files of their own: CMS and CAdES, over any content."""

import base64
import hashlib
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, ocsp
from cryptography import x509

from antin.core.bytesource import MemorySource
from antin.core.digests import digest_of
from antin.core.errors import InputError
from antin.flows.verify import verify_either
from antin.pdf.document import open_pdf
from antin.pki.cms_file import is_cms, wants_content
from antin.pki.cms_read import ParsedSignature, parse_signers
from antin.pki.der_read import content_of
from antin.pki.der_write import oid, sequence, tlv
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.request import SignatureRequest
from antin.verifier.detached import certificates_beside, verify_cms
from antin.verifier.extract import extract, signed_bytes
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, Conclusion, Report
from antin.verifier.signed_content import Content, ContentDigest, Given
from antin.verifier.writers.json import to_json
from tests.cmsfiles import openssl_agrees, openssl_signed
from tests.reportschema import fits_schema
from tests.signedpdf import blank_pdf, only, trust_in, verdict
from tests.smallpki import (
    DAY,
    NOW,
    CmsShape,
    Holder,
    make_cms,
    make_key,
    make_root,
    make_token,
)
from tests.trustworld import TrustWorld
from tests.unit.verifier.conftest import Office

CONTENT = "Một văn bản mẫu.\r\n".encode() * 50
DETACHED = CmsShape(signing_time=NOW - DAY)


def beside(content: bytes = CONTENT) -> Content:
    return Content("letter.txt", MemorySource(content))


def judged(data: bytes, content: Given, trust: TrustMaterial, at: datetime = NOW) -> Report:
    report = verify_cms(MemorySource(data), content, "letter.txt.p7s", trust, at, default_policy())
    assert fits_schema(to_json(report))
    return report


def made(holder: Holder, shape: CmsShape = DETACHED, content: bytes = CONTENT) -> bytes:
    return make_cms(holder, digest_of(content, shape.digest), shape)


def codes(report: Report) -> set[str]:
    return {f.code for one in report.signatures for f in (*one.findings, *one.warnings)}


def test_a_signature_beside_its_content(office: Office) -> None:
    report = judged(made(office.officer), beside(), office.trust())
    one = only(report)
    assert (report.conclusion, report.container, one.level) == (Conclusion.PASSED, "cms", "B-B")
    assert (one.field, one.subfilter, one.byte_range, one.revision) == ("", None, (), None)
    assert (one.digest_ok, one.signature_ok, one.covers_whole_file) == (True, True, True)
    assert one.changes_after.level is ChangeLevel.NONE
    assert {str(check.name) for check in one.checks} == {
        "format",
        "cryptography",
        "signing-certificate",
        "certificate-path",
        "algorithms",
    }
    assert one.claimed_signing_time == NOW - DAY
    assert report.content is not None
    assert (report.content.file, report.content.size) == ("letter.txt", len(CONTENT))
    assert report.content.sha256 == one.document_digest == hashlib.sha256(CONTENT).hexdigest()


def test_altered_content(office: Office) -> None:
    report = judged(made(office.officer), beside(CONTENT + b"!"), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "HASH_FAILURE")
    assert only(report).signature_ok is True


def test_an_altered_value(office: Office) -> None:
    data = bytearray(made(office.officer))
    data[-1] ^= 1
    report = judged(bytes(data), beside(), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")


def test_content_that_is_missing_is_not_passed(office: Office) -> None:
    report = judged(made(office.officer), None, office.trust())
    assert verdict(report) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert codes(report) == {"content_missing"}
    one = only(report)
    assert (one.digest_ok, one.signature_ok, one.covers_whole_file) == (None, True, False)
    assert one.changes_after.level is None
    assert report.content is None


def test_a_wrong_value_fails_without_content_too(office: Office) -> None:
    data = bytearray(made(office.officer))
    data[-1] ^= 1
    assert verdict(judged(bytes(data), None, office.trust()))[1] == "SIG_CRYPTO_FAILURE"


@pytest.mark.parametrize("right", [True, False])
def test_a_digest_alone(office: Office, *, right: bool) -> None:
    digest = ContentDigest("sha256", digest_of(CONTENT if right else b"else", "sha256"))
    report = judged(made(office.officer), digest, office.trust())
    wanted = ("TOTAL-PASSED", None) if right else ("TOTAL-FAILED", "HASH_FAILURE")
    assert verdict(report) == wanted
    assert report.content is not None
    assert (report.content.file, report.content.size) == (None, None)
    assert report.content.sha256 == digest.value.hex()


def test_a_digest_by_another_algorithm_says_nothing(office: Office) -> None:
    digest = ContentDigest("sha512", digest_of(CONTENT, "sha512"))
    report = judged(made(office.officer), digest, office.trust())
    assert verdict(report) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert codes(report) == {"content_digest_other"}
    assert report.content is not None
    assert report.content.sha256 is None


def test_a_digest_where_nothing_else_is_signed(office: Office) -> None:
    shape = replace(DETACHED, signed_attributes=False, signing_time=None)
    plain = make_cms(office.officer, CONTENT, shape)
    for content in (beside(), ContentDigest("sha256", digest_of(CONTENT, "sha256"))):
        report = judged(plain, content, office.trust())
        assert (only(report).digest_ok, verdict(report)) == (True, ("TOTAL-PASSED", None))
    report = judged(plain, beside(b"else"), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_content_inside(office: Office) -> None:
    data = made(office.officer, replace(DETACHED, content=CONTENT))
    report = judged(data, None, office.trust())
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert report.content is not None
    assert (report.content.inside, report.content.size) == (True, len(CONTENT))
    altered = judged(data.replace(b"\r\n", b"\n\n"), None, office.trust())
    assert verdict(altered) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_content_inside_that_is_not_what_was_handed_in(office: Office) -> None:
    data = made(office.officer, replace(DETACHED, content=CONTENT))
    assert judged(data, beside(), office.trust()).conclusion is Conclusion.PASSED
    for other in (beside(b"else"), ContentDigest("sha512", bytes(64))):
        report = judged(data, other, office.trust())
        assert report.conclusion is Conclusion.FAILED
        assert [found.code for found in report.findings] == ["content_differs"]
    same = ContentDigest("sha512", digest_of(CONTENT, "sha512"))
    assert judged(data, same, office.trust()).conclusion is Conclusion.PASSED


def test_pem_is_the_same_file(office: Office) -> None:
    text = base64.encodebytes(made(office.officer))
    for label in (b"CMS", b"PKCS7"):
        data = b"-----BEGIN %b-----\r\n%b-----END %b-----\r\n" % (label, text, label)
        assert judged(data, beside(), office.trust()).conclusion is Conclusion.PASSED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"0",
        b"\x30\x80",
        b"-----BEGIN CMS-----\nMIIB\n-----END PKCS7-----\n",
        b"-----BEGIN CMS-----\nA\n-----END CMS-----\n",
        b"plain text",
        blank_pdf(),
    ],
)
def test_what_is_no_cms_is_unreadable(office: Office, data: bytes) -> None:
    report = judged(data, beside(), office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == "cms_malformed"
    assert not wants_content(MemorySource(data))


def test_bytes_behind_the_container(office: Office) -> None:
    good = made(office.officer)
    assert judged(good + b"\r\n", beside(), office.trust()).conclusion is Conclusion.PASSED
    report = judged(good + b"more", beside(), office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.offset == len(good)


def by_name(report: Report) -> dict[str, str]:
    """Return each signer's indication; a SET OF has the order of its bytes, not of its making."""
    return {s.signer.subject: str(s.indication) for s in report.signatures if s.signer}


def test_each_signer_is_a_signature_of_the_report(office: Office) -> None:
    report = judged(both(office.officer, office.ca.issue("Trần Thị B")), beside(), office.trust())
    passed = "TOTAL-PASSED"
    assert by_name(report) == {"CN=Nguyễn Văn A": passed, "CN=Trần Thị B": passed}
    assert report.conclusion is Conclusion.PASSED
    mixed = judged(both(office.officer, make_root("Trần Thị B")), beside(), office.trust())
    assert by_name(mixed) == {"CN=Nguyễn Văn A": passed, "CN=Trần Thị B": "INDETERMINATE"}
    assert mixed.conclusion is Conclusion.INDETERMINATE


def both(one: Holder, other: Holder) -> bytes:
    """Return a CMS that two signed."""
    parts = [cms.ContentInfo.load(made(holder)) for holder in (one, other)]
    content = parts[0]["content"]
    infos = [part["content"]["signer_infos"][0] for part in parts]
    content["signer_infos"] = cms.SignerInfos(infos)
    certificates = [c for part in parts for c in part["content"]["certificates"]]
    content["certificates"] = cms.CertificateSet(certificates)
    return bytes(
        cms.ContentInfo({"content_type": "signed_data", "content": content}).dump(force=True)
    )


def test_a_broken_signer_hides_no_other(office: Office) -> None:
    data = both(office.officer, office.ca.issue("Trần Thị B"))
    info = cms.ContentInfo.load(data)
    info["content"]["signer_infos"][0]["version"] = "v5"
    broken = judged(bytes(info.dump(force=True)), beside(), office.trust())
    found = {str(one.indication): one for one in broken.signatures}
    assert set(found) == {"TOTAL-FAILED", "TOTAL-PASSED"}
    assert found["TOTAL-FAILED"].sub_indication == "FORMAT_FAILURE"
    assert [f.code for f in found["TOTAL-FAILED"].findings] == ["signature_malformed"]
    assert broken.conclusion is Conclusion.FAILED


def test_an_unknown_algorithm_is_indeterminate(office: Office) -> None:
    known, unknown = bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040277")
    report = judged(made(office.officer).replace(known, unknown), beside(), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")


def test_no_signer_at_all(office: Office) -> None:
    data = made(office.officer, replace(DETACHED, signers=0))
    report = judged(data, beside(), office.trust())
    assert (report.conclusion, report.signatures) == (Conclusion.NO_SIGNATURE, ())


def test_too_many_signers(office: Office) -> None:
    report = judged(made(office.officer, replace(DETACHED, signers=101)), None, office.trust())
    assert report.conclusion is Conclusion.UNREADABLE


@pytest.mark.parametrize(
    ("shape", "level"),
    [
        (DETACHED, "B-B"),
        (replace(DETACHED, signing_time=None), "CMS"),
        (replace(DETACHED, ess=False), "CMS"),
    ],
)
def test_what_makes_the_basic_level(office: Office, shape: CmsShape, level: str) -> None:
    report = judged(made(office.officer, shape), beside(), office.trust())
    assert only(report).level == level
    assert verdict(report) == ("TOTAL-PASSED", None)


def with_unsigned(data: bytes, **attributes: bytes) -> bytes:
    """Return a CMS with unsigned attributes put in: DER values by their OIDs, as ``o1_2_3``."""
    content = cms.ContentInfo.load(data)["content"]
    listed = (
        sequence(oid(name[1:].replace("_", ".")), tlv(0x31, value))
        for name, value in attributes.items()
    )
    info = content_of(content["signer_infos"][0].dump()) + tlv(0xA1, *listed)
    content["signer_infos"] = cms.SignerInfos.load(tlv(0x31, sequence(info)))
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


STAMP = "o1_2_840_113549_1_9_16_2_14"
CERTIFICATES = "o1_2_840_113549_1_9_16_2_23"
REVOCATION = "o1_2_840_113549_1_9_16_2_24"


def stamp_of(office: Office, data: bytes, moment: datetime = NOW) -> bytes:
    value = cms.ContentInfo.load(data)["content"]["signer_infos"][0]["signature"].native
    return make_token(office.tsa, hashlib.sha256(value).digest(), moment)


def test_levels_above_it(office: Office) -> None:
    plain = made(office.officer)
    stamped = with_unsigned(plain, **{STAMP: stamp_of(office, plain)})
    report = judged(stamped, beside(), office.trust())
    assert (only(report).level, only(report).time_source) == ("B-T", "signature-timestamp")
    assert only(report).best_signature_time == NOW
    crls = office.crls(NOW)
    shape = replace(DETACHED, crls=crls)
    plain = with_crls(made(office.officer, shape), crls)
    known = with_unsigned(plain, **{STAMP: stamp_of(office, plain)})
    report = judged(known, beside(), trust_in(office.root))
    assert (only(report).level, verdict(report)) == ("B-LT", ("TOTAL-PASSED", None))


def with_crls(data: bytes, crls: tuple[bytes, ...]) -> bytes:
    info = cms.ContentInfo.load(data)
    info["content"]["crls"] = [cms.RevocationInfoChoice.load(der) for der in crls]
    return bytes(info.dump(force=True))


def test_a_copied_time_stamp(office: Office) -> None:
    plain = made(office.officer)
    copied = stamp_of(office, made(office.officer))
    data = with_unsigned(plain, **{STAMP: copied})
    report = judged(data, beside(), office.trust())
    assert verdict(report) == ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")
    assert "timestamp_wrong_content" in codes(report)


def test_values_among_the_unsigned_attributes(office: Office) -> None:
    crls = office.crls(NOW)
    bare = made(office.officer, replace(DETACHED, certificates=(office.officer.der,)))
    data = with_unsigned(
        bare,
        **{
            CERTIFICATES: sequence(office.ca.der),
            REVOCATION: sequence(explicit(0, sequence(*crls))),
        },
    )
    assert verdict(judged(bare, beside(), trust_in(office.root)))[1] == "NO_CERTIFICATE_CHAIN_FOUND"
    report = judged(data, beside(), trust_in(office.root))
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert "attribute_not_judged" not in codes(report)
    assert office.ca.der in certificates_beside(MemorySource(data))


def explicit(number: int, value: bytes) -> bytes:
    return tlv(0xA0 + number, value)


def test_ocsp_answers_among_the_unsigned_attributes(office: Office) -> None:
    answer = office.ca.ocsp(office.officer, NOW)
    basic = ocsp.OCSPResponse.load(answer)["response_bytes"]["response"].parsed.dump()
    values = sequence(explicit(0, sequence(office.crls(NOW)[0])), explicit(1, sequence(basic)))
    data = with_unsigned(made(office.officer), **{REVOCATION: values})
    report = judged(data, beside(), trust_in(office.root))
    assert verdict(report) == ("TOTAL-PASSED", None)
    assert {status.source for status in only(report).revocation} == {"crl", "ocsp"}


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("1_2_840_113549_1_9_16_2_48", "archive-time-stamp-v2"),
        ("1_2_840_113549_1_9_6", "countersignature"),
        ("1_3_6_1_4_1_99999_7", "1.3.6.1.4.1.99999.7"),
        ("1_2_840_113549_1_9_16_2_23", "certificate-values"),
        ("1_2_840_113549_1_9_16_2_24", "revocation-values"),
    ],
)
def test_what_is_not_judged_is_told(office: Office, attribute: str, name: str) -> None:
    """Values that can't be read are not judged either."""
    data = with_unsigned(made(office.officer), **{f"o{attribute}": tlv(0x04, b"0")})
    report = judged(data, beside(), office.trust())
    assert verdict(report) == ("TOTAL-PASSED", None)
    (told,) = (f for f in only(report).warnings if f.code == "attribute_not_judged")
    assert name in told.detail
    assert only(report).level == "B-B"


def test_weak_digests_are_weighed(office: Office) -> None:
    report = judged(
        made(office.officer, replace(DETACHED, digest="sha1")), beside(), office.trust()
    )
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")


def test_a_time_stamp_token_as_a_file(office: Office) -> None:
    token = make_token(office.tsa, digest_of(CONTENT, "sha256"), NOW)
    report = judged(token, beside(), office.trust())
    one = only(report)
    assert (one.kind, report.conclusion) == ("document-timestamp", Conclusion.PASSED)
    assert one.best_signature_time == NOW
    altered = judged(token, beside(b"else"), office.trust())
    assert verdict(altered) == ("TOTAL-FAILED", "HASH_FAILURE")
    missing = judged(token, None, office.trust())
    assert verdict(missing) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert wants_content(MemorySource(token))


def cut_out(data: bytes, *pieces: int) -> tuple[bytes, bytes]:
    """Return a CMS without its signed attributes, and these: what its value is over now.

    With ``pieces`` they are put inside, in pieces that end there.
    """
    (whole,) = parse_signers(data)
    assert isinstance(whole, ParsedSignature)
    assert whole.signed_attributes is not None
    lying = whole.signed_attributes
    content = cms.ContentInfo.load(data)["content"]
    info = content_of(content["signer_infos"][0].dump()).replace(b"\xa0" + lying[1:], b"")
    ends = (*pieces, len(lying))
    octets = (tlv(0x04, lying[start:end]) for start, end in pairwise((0, *ends)))
    inside = (tlv(0xA0, tlv(0x24, *octets)),) if pieces else ()
    parts = (
        content["version"].dump(),
        content["digest_algorithms"].dump(),
        sequence(oid("1.2.840.113549.1.7.1"), *inside),
        content["certificates"].dump(),
        tlv(0x31, sequence(info)),
    )
    return sequence(oid("1.2.840.113549.1.7.2"), tlv(0xA0, sequence(*parts))), lying


def test_attributes_cut_out_of_another_signature(office: Office) -> None:
    """Who has a signature with attributes has one without them, over the attributes themselves."""
    apart, content = cut_out(made(office.officer))
    for data, given in (
        (apart, beside(content)),
        (cut_out(made(office.officer), 40, 90)[0], None),
    ):
        report = judged(data, given, office.trust())
        assert (only(report).digest_ok, only(report).signature_ok) == (True, True)
        assert report.conclusion is Conclusion.FAILED
        assert [found.code for found in report.findings] == ["content_is_attributes"]
    honest = judged(made(office.officer), beside(content), office.trust())
    assert "content_is_attributes" not in {found.code for found in honest.findings}


def test_a_token_that_cannot_be_read(office: Office) -> None:
    """Its imprint is by an algorithm that nobody knows, or it stamps nothing."""
    token = make_token(office.tsa, digest_of(CONTENT, "sha256"), NOW)
    sha256 = bytes.fromhex("0609608648016503040201")
    inside = token.index(sha256, token.index(sha256) + 1)
    unknown = token[:inside] + sha256[:-1] + b"\x77" + token[inside + len(sha256) :]
    report = judged(unknown, beside(), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    policy = oid("1.3.6.1.4.1.99999.1")
    assert b"\x02\x01\x01" + policy in token
    newer = token.replace(b"\x02\x01\x01" + policy, b"\x02\x01\x09" + policy)
    assert verdict(judged(newer, beside(), office.trust())) == ("TOTAL-FAILED", "FORMAT_FAILURE")


def test_a_token_too_long_to_be_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a signature over its own content then, and its certificate is not for that."""
    token = make_token(office.tsa, digest_of(CONTENT, "sha256"), NOW)
    monkeypatch.setattr("antin.verifier.signed_content.MAX_TIMESTAMP_BYTES", len(token) - 1)
    report = judged(token, None, office.trust())
    assert only(report).kind == "signature"
    assert verdict(report) == ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE")


def test_a_file_that_is_a_pdf_besides(office: Office) -> None:
    """A viewer would show what nobody signed; the same bytes inside the content are signed."""
    pdf = blank_pdf()
    enveloped = made(office.officer, replace(DETACHED, content=pdf), pdf)
    assert b"%PDF-" in enveloped[:1024]
    assert judged(enveloped, None, office.trust()).conclusion is Conclusion.PASSED
    smuggled = with_unsigned(enveloped, o1_3_6_1_4_1_99999_7=tlv(0x04, b"startxref\n0\n%%EOF"))
    report = judged(smuggled, None, office.trust())
    assert report.conclusion is Conclusion.FAILED
    assert [found.code for found in report.findings] == ["also_pdf"]


def test_a_defect_is_told_and_not_thrown(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("antin.verifier.signed_content.parse_signers", broken)
    report = judged(made(office.officer), beside(), office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == "defect"
    assert "ZeroDivisionError" in report.error.detail


def test_too_many_values_among_the_unsigned_attributes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = with_unsigned(
        made(office.officer), **{CERTIFICATES: sequence(office.ca.der, office.root.der)}
    )
    assert "attribute_not_judged" not in codes(judged(data, beside(), office.trust()))
    monkeypatch.setattr("antin.pki.cms_unsigned._MAX_VALUES", 1)
    assert "attribute_not_judged" in codes(judged(data, beside(), office.trust()))


def test_a_content_that_becomes_shorter(office: Office) -> None:
    class Shrinking(MemorySource):
        @property
        def size(self) -> int:
            return len(CONTENT) + 1

    report = judged(made(office.officer), Content("a", Shrinking(CONTENT)), office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == "file_unreadable"


def test_a_pdf_goes_its_own_way(office: Office) -> None:
    around = (office.trust(), NOW, default_policy(), None)
    assert verify_either(MemorySource(blank_pdf()), "a.pdf", *around).container == "pdf"
    cms_file = verify_either(MemorySource(made(office.officer)), "a.p7s", *around, beside())
    assert (cms_file.container, cms_file.conclusion) == ("cms", Conclusion.PASSED)
    assert not is_cms(MemorySource(blank_pdf()))


KINDS = {
    "rsa": ("rsa2048", ()),
    "pss": ("rsa2048", ("-keyopt", "rsa_padding_mode:pss")),
    "p256": ("p256", ()),
    "p384": ("p384", ("-md", "sha384")),
}
FORMS = {
    "detached": (),
    "cades": ("-cades",),
    "no-attributes": ("-noattr",),
    "inside": ("-nodetach",),
    "stream": ("-nodetach", "-stream"),
    "key-id": ("-keyid",),
}


@pytest.mark.real("openssl")
@pytest.mark.parametrize(
    ("kind", "form"),
    # openssl 3.0 does not stream PSS
    [(k, f) for k in KINDS for f in FORMS if (k, f) != ("pss", "stream")],
)
def test_openssl_agrees(office: Office, tmp_path: Path, kind: str, form: str) -> None:
    name, options = KINDS[kind]
    signer = office.ca.issue("Trần Thị B", key=make_key(name, 1), more=(key_id(name),))
    data = openssl_signed(tmp_path, signer, CONTENT, *options, *FORMS[form])
    inside = "-nodetach" in FORMS[form]
    for altered in (False, True):
        if inside:
            given = data.replace(CONTENT[-8:], CONTENT[:8]) if altered else data
            report = judged(given, None, office.trust())
            agreed = openssl_agrees(tmp_path, given, None)
        else:
            content = CONTENT + b"!" if altered else CONTENT
            report = judged(data, beside(content), office.trust())
            agreed = openssl_agrees(tmp_path, data, content)
        assert agreed is (not altered)
        wanted = ("TOTAL-FAILED", "HASH_FAILURE") if altered else ("TOTAL-PASSED", None)
        assert verdict(report) == wanted


def key_id(name: str) -> Any:
    return (x509.SubjectKeyIdentifier.from_public_key(make_key(name, 1).public_key()), False)


@pytest.mark.real("openssl")
def test_openssl_with_two_signers(office: Office, tmp_path: Path) -> None:
    pair = (office.officer, office.ca.issue("Trần Thị B", key=make_key("rsa2048", 1)))
    data = openssl_signed(tmp_path, pair, CONTENT)
    assert openssl_agrees(tmp_path, data, CONTENT)
    report = judged(data, beside(), office.trust())
    assert (report.conclusion, len(report.signatures)) == (Conclusion.PASSED, 2)


@pytest.mark.real("openssl")
def test_openssl_in_pem(office: Office, tmp_path: Path) -> None:
    data = openssl_signed(tmp_path, office.officer, CONTENT, "-outform", "PEM")
    assert data.startswith(b"-----BEGIN CMS-----")
    assert is_cms(MemorySource(data))
    assert judged(data, beside(), office.trust()).conclusion is Conclusion.PASSED
    assert openssl_agrees(tmp_path, data, CONTENT, "-inform", "PEM")


def test_what_antin_signs_apart_from_its_pdf(trust_world: TrustWorld, tmp_path: Path) -> None:
    """The container of a PDF signature is a CMS over the bytes that its range covers."""
    key = trust_world.officer_b
    assert key.certificate is not None
    request = SignatureRequest(key.certificate, key.algorithm, trust_world.made_at)
    output = tmp_path / "signed.pdf"
    pades.sign(MemorySource(blank_pdf()), output, key, request, None, None)
    document = open_pdf(MemorySource(output.read_bytes()))
    taken = extract(document, document.signatures[0].name)
    signed = b"".join(signed_bytes(document, taken))
    trust = trust_world.trust(crls=True)
    for content, wanted in ((signed, Conclusion.PASSED), (signed[1:], Conclusion.FAILED)):
        report = judged(taken.cms, beside(content), trust, trust_world.made_at + DAY)
        assert report.conclusion is wanted
        # PAdES has the time in the PDF's dictionary, so that there is none here.
        assert only(report).level == "CMS"


@pytest.mark.real("openssl")
def test_a_pdf_as_content(office: Office, tmp_path: Path) -> None:
    pdf = blank_pdf()
    data = openssl_signed(tmp_path, office.officer, pdf, "-cades")
    report = judged(data, Content("letter.pdf", MemorySource(pdf)), office.trust())
    assert (report.conclusion, only(report).level) == (Conclusion.PASSED, "B-B")


def test_eddsa(office: Office) -> None:
    """Which openssl 3.0 neither makes nor checks in a CMS."""
    signer = office.ca.issue("Trần Thị B", kind="ed25519")
    data = made(signer, replace(DETACHED, digest="sha512"))
    assert judged(data, beside(), office.trust()).conclusion is Conclusion.PASSED
    report = judged(data, beside(b"else"), office.trust())
    assert verdict(report) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_eddsa_over_the_content_itself_is_not_called_wrong(office: Office) -> None:
    signer = office.ca.issue("Trần Thị B", kind="ed25519")
    shape = replace(DETACHED, digest="sha512", signed_attributes=False, signing_time=None)
    report = judged(make_cms(signer, CONTENT, shape), beside(), office.trust())
    assert verdict(report) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    assert codes(report) == {"algorithm_unsupported", "signer_certificate_unprotected"}


def test_certificates_of_what_cannot_be_read(office: Office) -> None:
    with pytest.raises(InputError, match="cms_malformed"):
        certificates_beside(MemorySource(b"0"))
    data = with_unsigned(made(office.officer), **{STAMP: made(office.officer)})
    assert office.officer.der in certificates_beside(MemorySource(data))


def test_certificates_beside_a_signer_that_cannot_be_read(office: Office) -> None:
    data = made(office.officer, replace(DETACHED, leave_out="message_digest"))
    assert certificates_beside(MemorySource(data)) == ()


@pytest.mark.parametrize("step", ["signed_content.open_cms", "archive.archived"])
def test_a_defect_while_reading_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(f"antin.verifier.{step}", broken)
    data = made(office.officer)
    report = judged(data, beside(), office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert report.error.code == "defect"
    assert report.sha256 == hashlib.sha256(data).hexdigest()


def test_only_the_beginning_can_be_attributes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the content is, and in however many pieces, no more of it is looked through."""
    data = cut_out(made(office.officer), 40, 90)[0]
    for most, found in ((100_000, ["content_is_attributes"]), (41, [])):
        monkeypatch.setattr("antin.verifier.detached._ATTRIBUTES", most)
        report = judged(data, None, office.trust())
        assert [one.code for one in report.findings] == found


@pytest.mark.parametrize("step", ["open_signed", "judge_signature"])
def test_without_memory_there_is_no_verdict_on_a_file_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def hungry(*_: object) -> None:
        raise MemoryError

    data = made(office.officer)
    monkeypatch.setattr(f"antin.verifier.detached.{step}", hungry)
    report = judged(data, beside(), office.trust())
    assert report.conclusion is Conclusion.UNREADABLE
    assert report.error is not None
    assert (report.error.code, report.container) == ("verify_memory_exceeded", "cms")
