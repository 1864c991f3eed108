"""The report as ETSI TS 119 102-2 XML: valid, and it claims nothing that the report does not."""

from base64 import b64decode
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from antin.verifier.findings import finding
from antin.verifier.report import (
    AlgorithmSummary,
    ChangesAfter,
    Indication,
    ReadError,
    Report,
    Severity,
    SignaturePolicySummary,
    SignatureReport,
)
from antin.verifier.writers import etsi_uris
from antin.verifier.writers.etsi_elements import MAX_FINDINGS
from antin.verifier.writers.etsi_xml import to_etsi_xml
from tests.etsischema import valid
from tests.reports import (
    ALL,
    ALONE,
    DOCUMENT_STAMP,
    ENVELOPED,
    FAILED,
    HIDDEN,
    MOMENT,
    PASSED,
    REVOKED,
    SEVERAL,
    SIGNATURE,
    SIGNER,
    STAMP,
    TSA,
    UNKNOWN,
    UNREADABLE,
    UNSIGNED,
    WITHOUT_CONTENT,
    YEAR,
)
from tests.signedpdf import add_page, add_store, blank_pdf, check, sign, stamp
from tests.smallpki import DAY, NOW
from tests.unit.verifier.conftest import Office

NAMES = {"vr": etsi_uris.VR, "ds": etsi_uris.DS, "x": etsi_uris.XADES, "a": etsi_uris.OWN}
TOTAL_PASSED = "urn:etsi:019102:mainindication:total-passed"


def found(root: Any, path: str) -> list[str]:
    """Return the texts of the elements at ``path``."""
    return [one.text for one in root.findall(path, NAMES)]


def statuses(root: Any) -> list[str]:
    places = "vr:SignatureValidationReport/vr:SignatureValidationStatus/vr:MainIndication"
    return [text.rsplit(":", 1)[1] for text in found(root, places)]


@pytest.fixture(scope="module")
def real(office: Office) -> dict[str, Report]:
    """Reports on real files, from B-B to B-LTA and from passed to unreadable."""
    plain = sign(blank_pdf(), office.officer)
    timed = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - DAY))
    stored = add_store(timed, [office.ca.der], office.crls(NOW))
    archived = stamp(stored, office.stamper(NOW))
    trust = office.trust()
    return {
        "B-B": check(plain, trust),
        "B-T": check(timed, trust),
        "B-LT": check(stored, trust),
        "B-LTA": check(archived, trust),
        "altered": check(plain.replace(b"Specimen letter", b"Specimen Letter"), trust),
        "page added": check(add_page(plain), trust),
        "untrusted": check(plain, replace(trust, anchors=())),
        "two": check(sign(plain, office.officer, "Sig2"), trust),
        "time-stamp only": check(stamp(blank_pdf(), office.stamper()), trust),
        "unsigned": check(blank_pdf(), trust),
        "cut off": check(plain[:-40], trust),
        "empty": check(b"", trust),
    }


REAL = ("B-B", "B-T", "B-LT", "B-LTA", "altered", "page added", "untrusted", "two")
OTHER = ("time-stamp only", "unsigned", "cut off", "empty")


@pytest.mark.parametrize("name", ALL)
def test_every_kind_of_report_is_valid(name: str) -> None:
    valid(to_etsi_xml(ALL[name]))


@pytest.mark.parametrize("name", [*REAL, *OTHER])
def test_reports_on_real_files_are_valid(real: dict[str, Report], name: str) -> None:
    report = real[name]
    root = valid(to_etsi_xml(report))
    total = [s.indication is Indication.PASSED for s in report.signatures] or [False]
    assert [status == "total-passed" for status in statuses(root)] == total
    assert to_etsi_xml(report) == to_etsi_xml(replace(report))


def test_levels_are_what_they_were_meant_to_be(real: dict[str, Report]) -> None:
    for level in ("B-B", "B-T", "B-LT", "B-LTA"):
        assert real[level].signatures[0].level == level


def test_the_schema_is_the_judge() -> None:
    """A report without a mandatory part is refused: the tests above can fail."""
    text = to_etsi_xml(PASSED).replace("HashOnly", "HasOnly")
    with pytest.raises(etree.DocumentInvalid):
        valid(text)


def test_facts_are_those_of_the_report(real: dict[str, Report]) -> None:
    report = real["B-T"]
    (signature,) = report.signatures
    root = valid(to_etsi_xml(report))
    one = root.find("vr:SignatureValidationReport", NAMES)
    assert found(one, "vr:ValidationTimeInfo/vr:ValidationTime") == ["2026-06-01T12:00:00Z"]
    assert found(one, ".//vr:BestSignatureTime/vr:POETime") == ["2026-05-31T12:00:00Z"]
    assert found(one, "vr:SignatureAttributes/vr:SigningTime/vr:Time") != []
    (digest,) = found(one, "vr:SignersDocument/vr:DigestAlgAndValue/ds:DigestValue")
    assert b64decode(digest).hex() == signature.document_digest
    (policy,) = found(one, ".//x:SigPolicyHash/ds:DigestValue")
    assert b64decode(policy).hex() == report.policy.sha256
    assert found(one, ".//a:file/a:sha256") == [report.sha256]
    assert found(one, ".//vr:SecureAlgorithm") == ["true"]
    assert found(one, ".//vr:SignatureQualityInformation") == []
    passed = found(one, ".//vr:ValidationConstraint/vr:ValidationStatus/vr:MainIndication")
    assert len(passed) == 1 + len(signature.checks)
    assert {text.rsplit(":", 1)[1] for text in passed} == {"passed"}


def test_references_lead_to_objects(real: dict[str, Report]) -> None:
    for name in (*REAL, *OTHER):
        root = valid(to_etsi_xml(real[name]))
        known = set(root.xpath("//@id"))
        assert {str(one) for one in root.xpath("//@VOReference")} <= known


def test_objects_carry_the_proof_of_their_age(real: dict[str, Report]) -> None:
    report = real["B-LTA"]
    root = valid(to_etsi_xml(report))
    objects = {o.get("id"): o for o in root.findall(".//vr:ValidationObject", NAMES)}
    document_stamp = objects["D-2"]
    assert found(document_stamp, "vr:POEProvisioning/vr:POETime") == ["2026-06-01T12:00:00Z"]
    assert found(document_stamp, ".//vr:PAdESFieldName") == ["Sig1"]
    token = report.signatures[0].timestamps[0]
    stamp_object = objects[f"T-{token.sha256}"]
    assert found(stamp_object, "vr:POE/vr:POETime") == ["2026-06-01T12:00:00Z"]
    assert stamp_object.find("vr:POE/vr:POEObject", NAMES).get("VOReference") == "D-2"
    assert found(stamp_object, "vr:POEProvisioning/vr:POETime") == ["2026-05-31T12:00:00Z"]
    signer = report.signatures[0].signer
    assert signer is not None
    proof = objects[f"C-{signer.sha256}"].find("vr:POE", NAMES)
    assert found(proof, "vr:POETime") == ["2026-05-31T12:00:00Z"]
    assert proof.find("vr:POEObject", NAMES).get("VOReference") == f"T-{token.sha256}"
    assert {o.find("vr:ObjectType", NAMES).text.rsplit(":", 1)[1] for o in objects.values()} == {
        "certificate",
        "timestamp",
        "CRL",
    }


def test_what_proves_nothing_gives_no_proof() -> None:
    weak = replace(STAMP, proven=False)
    signature = replace(SIGNATURE, best_signature_time=None, timestamps=(weak,), time_source="none")
    root = valid(to_etsi_xml(replace(PASSED, signatures=(signature,))))
    assert root.findall(".//vr:POEProvisioning", NAMES) == []
    assert root.findall(".//vr:POEObject", NAMES) == []
    failed = replace(DOCUMENT_STAMP, indication=Indication.FAILED, best_signature_time=None)
    root = valid(to_etsi_xml(replace(PASSED, signatures=(signature, failed))))
    assert root.findall(".//vr:POEProvisioning", NAMES) == []


def test_the_time_is_proven_by_the_stamp_that_proves() -> None:
    weak = replace(STAMP, proven=False, sha256="f" * 64)
    signature = replace(SIGNATURE, timestamps=(weak, STAMP))
    root = valid(to_etsi_xml(replace(PASSED, signatures=(signature,))))
    (by,) = root.findall(".//vr:BestSignatureTime/vr:POEObject", NAMES)
    assert by.get("VOReference") == f"T-{STAMP.sha256}"


def test_nothing_passes_in_a_file_that_fails_as_a_whole() -> None:
    assert HIDDEN.signatures[0].indication is Indication.PASSED
    text = to_etsi_xml(HIDDEN)
    assert TOTAL_PASSED not in text
    assert statuses(valid(text)) == ["total-failed"]
    assert "signature_unreachable" in text


@pytest.mark.parametrize("report", [UNSIGNED, UNREADABLE], ids=["unsigned", "unreadable"])
def test_no_signature_is_never_a_success(report: Report) -> None:
    root = valid(to_etsi_xml(report))
    assert statuses(root) == ["indeterminate"]
    assert f"urn:antin:subindication:{report.conclusion}" in to_etsi_xml(report)
    structure = "urn:antin:check:file-structure" in to_etsi_xml(report)
    assert structure is (report.error is None)


def test_unknown_claims_nothing() -> None:
    bare = replace(UNKNOWN.signatures[0], subfilter=None)
    root = valid(to_etsi_xml(replace(UNKNOWN, signatures=(bare,))))
    for absent in (
        "SignersDocument",
        "SignatureAttributes",
        "SignerInformation",
        "SignatureValidationProcess",
        "CertificateChain",
        "CryptoInformation",
        "ValidationObject",
        "SignatureValue",
    ):
        assert not root.xpath(f"//*[local-name()='{absent}']"), absent
    assert found(root, ".//vr:ValidationConstraintIdentifier") == ["urn:antin:check:file-structure"]
    assert found(root, ".//vr:BestSignatureTime/vr:POETime") == ["2026-06-01T08:00:00Z"]


def test_a_weak_algorithm_is_not_called_secure() -> None:
    signature = UNKNOWN.signatures[0]
    broken_off = replace(signature, algorithm=AlgorithmSummary("sha256", "ecdsa", "ec-p256"))
    root = valid(to_etsi_xml(replace(UNKNOWN, signatures=(broken_off,))))
    assert root.findall(".//vr:CryptoInformation", NAMES) == []
    weak = [
        replace(c, indication=Indication.INDETERMINATE) if c.name == "algorithms" else c
        for c in SIGNATURE.checks
    ]
    root = valid(to_etsi_xml(replace(PASSED, signatures=(replace(SIGNATURE, checks=tuple(weak)),))))
    assert found(root, ".//vr:SecureAlgorithm") == ["false"]


def test_revocation_is_told_with_its_time_and_source() -> None:
    root = valid(to_etsi_xml(REVOKED))
    told = root.find(".//vr:RevocationStatusInformation", NAMES)
    assert found(told, "vr:RevocationTime") == ["2025-06-01T08:00:00Z"]
    references = [one.get("VOReference") for one in told if one.get("VOReference")]
    assert references == [f"C-{SIGNER.sha256}", "R-1-1"]


def revoked(**changes: Any) -> Any:
    """Return the XML on a revoked signature whose one revocation status differs."""
    (one,) = REVOKED.signatures
    status = replace(one.revocation[0], **changes)
    report = replace(REVOKED, signatures=(replace(one, revocation=(status,)),))
    return valid(to_etsi_xml(report))


def test_revocation_without_a_source_is_told_without_one() -> None:
    root = revoked(source="none")
    told = root.find(".//vr:RevocationStatusInformation", NAMES)
    references = [one.get("VOReference") for one in told if one.get("VOReference")]
    assert references == [f"C-{SIGNER.sha256}"]
    assert root.findall(".//a:revocationStatus", NAMES) == []


def test_revocation_of_a_certificate_outside_the_path_is_an_object_only() -> None:
    root = revoked(subject="CN=Somebody else", this_update=None)
    assert root.findall(".//vr:RevocationStatusInformation", NAMES) == []
    (told,) = root.findall(".//a:revocationStatus", NAMES)
    assert found(told, "a:about") == ["CN=Somebody else"]
    assert found(told, "a:thisUpdate") == []


def test_document_time_stamp_whose_container_is_unreadable() -> None:
    """No digest can be given for it, and nothing refers to it; its time is still claimed."""
    stamp = replace(DOCUMENT_STAMP, identity=None)
    root = valid(to_etsi_xml(replace(SEVERAL, signatures=(SIGNATURE, stamp))))
    (shown,) = root.findall(".//vr:DocTimeStamp", NAMES)
    assert found(shown, "vr:TimeStampValue") == ["2027-06-01T08:00:00Z"]
    assert shown.find("vr:AttributeObject", NAMES) is None
    sound = valid(to_etsi_xml(replace(SEVERAL, signatures=(SIGNATURE, DOCUMENT_STAMP))))
    assert sound.find(".//vr:DocTimeStamp/vr:AttributeObject", NAMES) is not None


def test_file_that_could_not_be_read_has_no_digest() -> None:
    assert found(valid(to_etsi_xml(UNREADABLE)), ".//a:sha256") == [UNREADABLE.sha256]
    assert found(valid(to_etsi_xml(replace(UNREADABLE, sha256=""))), ".//a:sha256") == []


def test_changes_and_findings_are_carried() -> None:
    root = valid(to_etsi_xml(FAILED))
    parameter = ".//vr:ValidationConstraintParameter/vr:Value"
    assert found(root, parameter) == ["other"]
    data = root.findall(".//vr:ReportData", NAMES)
    assert {found(one, "vr:Type")[0] for one in data} == {"urn:antin:finding:page_added"}
    value = data[0].find("vr:Value", NAMES)
    assert value.text == "A page was added after signing."
    assert value.get(f"{{{etsi_uris.OWN}}}page") == "2"


def test_several_signatures_and_time_stamps() -> None:
    root = valid(to_etsi_xml(SEVERAL))
    assert root.xpath("//*[local-name()='SignatureIdentifier']/@id") == ["S-1", "S-2", "S-3"]
    assert found(root, ".//vr:POEProvisioning/vr:SignatureReference/vr:PAdESFieldName") == [
        "Sig1",
        "Sig1",
        "Sig2",
    ]
    # Twice the same container, certificate and token is still one object each.
    twice = replace(PASSED, signatures=(SIGNATURE, SIGNATURE, DOCUMENT_STAMP, DOCUMENT_STAMP))
    identifiers = valid(to_etsi_xml(twice)).xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    assert found(root, ".//vr:DocTimeStamp/vr:TimeStampValue") == ["2027-06-01T08:00:00Z"] * 2


def test_time_from_elsewhere_is_said_to_be_provided() -> None:
    given_time = replace(SIGNATURE, time_source="evidence-record", timestamps=())
    root = valid(to_etsi_xml(replace(PASSED, signatures=(given_time,))))
    (kind,) = found(root, ".//vr:BestSignatureTime/vr:TypeOfProof")
    assert kind == "urn:etsi:019102:poetype:provided"


def test_findings_are_bounded_and_the_rest_is_counted() -> None:
    many = tuple(
        finding("object_overwritten", Severity.INFO, object=n) for n in range(MAX_FINDINGS + 7)
    )
    root = valid(to_etsi_xml(replace(PASSED, findings=many)))
    data = root.findall(".//vr:ReportData", NAMES)
    assert len(data) == MAX_FINDINGS + 1
    assert found(data[-1], "vr:Value") == ["7"]


@pytest.mark.parametrize("scheme", ["rsassa_pkcs1v15", "rsassa_pss", "ecdsa", "ed25519", "o<d"])
@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha512", "sha3_384", "o d"])
def test_every_algorithm_has_an_address(scheme: str, digest: str) -> None:
    used = AlgorithmSummary(digest, scheme, "rsa-2048")
    root = valid(to_etsi_xml(replace(PASSED, signatures=(replace(SIGNATURE, algorithm=used),))))
    (algorithm,) = found(root, ".//vr:CryptoInformation/vr:Algorithm")
    assert algorithm.startswith(("http://www.w3.org/", "urn:antin:signature:"))
    assert " " not in algorithm


HOSTILE = st.text(max_size=40) | st.sampled_from(
    ["<b>&amp;", "\x00\x1b[2J", "a\u202eb", "\ud800", "]]>", "\ufffe", "x" * 10_000, "\U000e0041"]
)


@settings(max_examples=40, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_text_never_breaks_the_report(name: str, field: str, subject: str) -> None:
    who = replace(SIGNER, subject=subject, issuer=name, serial=field)
    odd = finding("form_field_filled", Severity.ERROR, field=field)
    signature = replace(
        SIGNATURE,
        field=field,
        subfilter=name,
        signer=who,
        chain=(who,),
        findings=(replace(odd, detail=name),),
        changes_after=ChangesAfter(None, (odd,)),
    )
    report = replace(PASSED, file=name, policy=replace(PASSED.policy, id=subject))
    text = to_etsi_xml(replace(report, signatures=(signature,), findings=(odd,)))
    valid(text)
    unread = replace(UNREADABLE, error=ReadError("not_a_pdf", subject), file=name)
    valid(to_etsi_xml(unread))
    assert len(text) < 100_000


CHANGED: dict[str, Any] = {
    "algorithm": AlgorithmSummary("sha512", "ecdsa", "ec-p256"),
    "best_signature_time": MOMENT + YEAR,
    "byte_range": (0, 1, 2, 3),
    "chain": (SIGNER,),
    "changes_after": ChangesAfter(None),
    "checks": (),
    "claimed_signing_time": None,
    "covers_whole_file": True,
    "digest_ok": False,
    "document_digest": "f" * 64,
    "field": "Other",
    "findings": (finding("digest_wrong", Severity.ERROR),),
    "identity": None,
    "indication": Indication.FAILED,
    "kind": "document-timestamp",
    "level": None,
    "revision": 1,
    "revocation": (),
    "signature_policy": SignaturePolicySummary("1.2.3", None, None, None),
    "signer": TSA,
    "sub_indication": "HASH_FAILURE",
    "subfilter": None,
    "time_source": "none",
    "timestamps": (),
    "warnings": (finding("container_read_leniently", Severity.WARNING, reason="x"),),
}
LEFT_OUT = {"signature_ok"}
"""Told by the check of cryptography."""


@pytest.mark.parametrize("name", sorted(f.name for f in fields(SignatureReport)))
def test_whatever_the_report_says_changes_the_xml(name: str) -> None:
    if name in LEFT_OUT:
        assert name not in CHANGED
        return
    other = replace(PASSED, signatures=(replace(SIGNATURE, **{name: CHANGED[name]}),))
    valid(to_etsi_xml(other))
    assert to_etsi_xml(other) != to_etsi_xml(PASSED)


def test_a_signature_that_is_a_file_of_its_own() -> None:
    root = valid(to_etsi_xml(ALONE))
    told = root.find(".//a:content", NAMES)
    assert [(one.tag.rpartition("}")[2], one.text) for one in told] == [
        ("name", "thư.txt"),
        ("size", "777"),
        ("sha256", "1" * 64),
    ]
    for path in (".//a:field", ".//vr:SubFilter", ".//vr:ByteRange"):
        assert found(valid(to_etsi_xml(PASSED)), path)
        assert not found(root, path)
    inside = valid(to_etsi_xml(ENVELOPED)).find(".//a:content", NAMES)
    assert (told.get("inside"), inside.get("inside")) == ("false", "true")
    stamped = replace(ALONE.signatures[0], timestamps=SIGNATURE.timestamps)
    root = valid(to_etsi_xml(replace(ALONE, signatures=(stamped,))))
    assert found(root, ".//vr:POEProvisioning")
    assert not found(root, ".//vr:SignatureReference")
    assert not found(valid(to_etsi_xml(WITHOUT_CONTENT)), ".//a:content")
