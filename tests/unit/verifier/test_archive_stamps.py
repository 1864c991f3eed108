"""Archive time-stamps of CMS files: each rule, and what they prove over the years."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from asn1crypto import cms, ocsp

from antin.core.bytesource import MemorySource
from antin.core.digests import digest_of
from antin.pki.cms_read import parse_signature
from antin.pki.der_read import content_of
from antin.pki.der_write import oid, sequence, tlv
from antin.pki.trust import TrustMaterial
from antin.verifier.detached import certificates_beside, verify_cms
from antin.verifier.policy import default_policy
from antin.verifier.report import Check, Conclusion, Indication, Report, SignatureReport
from antin.verifier.signed_content import Content, ContentDigest, Given
from antin.verifier.writers.etsi_xml import to_etsi_xml
from antin.verifier.writers.json import to_json
from tests.archivestamps import (
    ARCHIVE,
    CERTIFICATES,
    REVOCATION,
    ArchiveShape,
    archive_stamped,
    nothing,
    signature_stamped,
    with_listed,
    with_unsigned,
    without,
)
from tests.reportschema import fits_schema
from tests.signedpdf import trust_in
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
)
from tests.unit.verifier.conftest import Office

CONTENT = "Số liệu thống kê\r\n".encode() * 30
LATER = NOW + 3 * YEAR
"""Officer and first time-stamping authority have expired by then."""


def made(holder: Holder, moment: datetime = NOW - DAY) -> bytes:
    shape = CmsShape(signing_time=moment)
    return make_cms(holder, digest_of(CONTENT, "sha256"), shape)


def judged(
    data: bytes, trust: TrustMaterial, at: datetime = NOW + 2 * DAY, content: Given = None
) -> Report:
    given = content or Content("figures.csv", MemorySource(CONTENT))
    report = verify_cms(MemorySource(data), given, "a.p7s", trust, at, default_policy())
    assert fits_schema(to_json(report))
    return report


def only(report: Report) -> SignatureReport:
    (one,) = report.signatures
    return one


def verdict(report: Report) -> tuple[str, str | None]:
    return str(only(report).indication), only(report).sub_indication


def codes(report: Report) -> set[str]:
    return {f.code for one in report.signatures for f in (*one.findings, *one.warnings)}


def known(office: Office, holder: Holder | None = None, at: datetime = NOW) -> bytes:
    """Return a signature with a time-stamp and all that is needed to judge both (B-LT)."""
    data, _ = signature_stamped(made(holder or office.officer), office.tsa, at)
    certificates = ((holder or office.officer).der, office.ca.der)
    return with_listed(data, certificates, office.crls(at))


def anchored(office: Office, at: datetime = NOW) -> TrustMaterial:
    """Return the root, and what it says itself: nobody needs a file for that."""
    return trust_in(office.root, crls=[office.root.crl(at)])


def fresh_tsa(office: Office, name: str = "Second Time-Stamping") -> Holder:
    return make_tsa(office.root, name, not_before=NOW - YEAR, not_after=NOW + 9 * YEAR)


def test_an_archive_time_stamp_makes_the_highest_level(office: Office) -> None:
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    report = judged(data, anchored(office, NOW + DAY))
    one = only(report)
    assert (report.conclusion, one.level) == (Conclusion.PASSED, "B-LTA")
    assert [(s.kind, s.proven) for s in one.timestamps] == [("signature", True), ("archive", True)]
    assert (one.best_signature_time, one.time_source) == (NOW, "signature-timestamp")
    assert codes(report) == set()
    assert "ArchiveTimeStamp" in to_etsi_xml(report)
    assert office.tsa.der in certificates_beside(MemorySource(data))


@pytest.mark.parametrize("digest", ["sha256", "sha512", "sha3_256"])
def test_the_content_is_digested_by_what_the_time_stamp_wants(office: Office, digest: str) -> None:
    shape = ArchiveShape(digest=digest)
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY, shape)
    assert only(judged(data, anchored(office, NOW + DAY))).level == "B-LTA"


def test_it_alone_gives_the_time(office: Office) -> None:
    data = archive_stamped(made(office.officer), CONTENT, office.tsa, NOW)
    report = judged(data, office.trust(NOW))
    one = only(report)
    assert (one.level, one.time_source, one.best_signature_time) == (
        "B-T",
        "archive-timestamp",
        NOW,
    )
    assert Check.TIMESTAMPS in {check.name for check in one.checks}
    (bare,) = judged(made(office.officer), office.trust(NOW)).signatures
    assert Check.TIMESTAMPS not in {check.name for check in bare.checks}
    assert to_etsi_xml(report)


Change = Callable[[bytes], bytes]
WRONG: dict[str, ArchiveShape | Change] = {
    "over another content": ArchiveShape(stamped=lambda data: data.replace(data[:40], b"")),
    "over another signer": ArchiveShape(stamped=lambda data: data[:-400] + data[-399:]),
    "without a list": ArchiveShape(indexes=0),
    "with two lists": ArchiveShape(indexes=2),
    "with a list that is none": ArchiveShape(index=lambda _: b"\x04\x01\x00"),
    "with a longer list": ArchiveShape(index=lambda der: sequence(content_of(der), b"\x05\x00")),
    "with a word of a certificate that is away": ArchiveShape(certificates=lambda _: [b"?"]),
    "with a word of a CRL that is away": ArchiveShape(crls=lambda _: [b"?"]),
    "with a word of an attribute that is away": ArchiveShape(values=lambda _: [b"?"]),
    "that cannot be read": lambda data: with_unsigned(data, ARCHIVE, b"\x04\x01\x00"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_one_that_does_not_hold_is_an_error(office: Office, kind: str) -> None:
    change = WRONG[kind]
    if isinstance(change, ArchiveShape):
        data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY, change)
    else:
        data = change(known(office))
    report = judged(data, anchored(office, NOW + DAY))
    assert verdict(report) == ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")
    (wrong,) = (one for one in only(report).findings if one.code == "timestamp_wrong_content")
    assert dict(wrong.values)["reason"]
    assert only(report).level == "B-LT"
    assert [stamp.kind for stamp in only(report).timestamps] == ["signature"]


def test_what_it_covered_may_not_be_taken_away(office: Office) -> None:
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    less = with_listed(data, crls=office.crls(NOW)[:1])
    report = judged(less, office.trust(NOW + DAY))
    assert "timestamp_wrong_content" in codes(report)
    more = with_listed(data, crls=(*office.crls(NOW), office.root.crl(NOW + DAY)))
    assert "timestamp_wrong_content" in codes(judged(more, anchored(office, NOW + DAY)))


def test_what_was_added_later_does_no_harm(office: Office) -> None:
    crls = office.crls(NOW)
    data = with_listed(known(office), crls=crls)
    data = archive_stamped(data, CONTENT, office.tsa, NOW + DAY)
    data = with_listed(data, crls=(*crls, office.root.crl(NOW + DAY)))
    report = judged(data, trust_in(office.root))
    assert (report.conclusion, only(report).level) == (Conclusion.PASSED, "B-LTA")


def test_by_somebody_who_is_no_authority_for_it(office: Office) -> None:
    data = archive_stamped(known(office), CONTENT, office.officer, NOW + DAY)
    assert "timestamp_wrong_content" in codes(judged(data, anchored(office, NOW + DAY)))


def test_of_a_stranger_it_proves_nothing(office: Office) -> None:
    stranger = make_tsa(make_root("Somebody else"))
    data = archive_stamped(known(office), CONTENT, stranger, NOW + DAY)
    report = judged(data, anchored(office, NOW + DAY))
    assert report.conclusion is Conclusion.PASSED
    assert codes(report) == {"timestamp_unproven"}
    assert [s.proven for s in only(report).timestamps] == [True, False]


def test_by_a_weak_digest_it_proves_nothing(office: Office) -> None:
    shape = ArchiveShape(index_digest="sha1")
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY, shape)
    report = judged(data, anchored(office, NOW + DAY))
    assert codes(report) == {"timestamp_unproven"}
    assert [s.proven for s in only(report).timestamps] == [True, False]


def test_by_a_digest_that_nobody_knows_it_proves_nothing(office: Office) -> None:
    token = make_token(office.tsa, digest_of(b"", "sha256"), NOW)
    sha256 = bytes.fromhex("0609608648016503040201")
    inside = token.index(sha256, token.index(sha256) + 1)
    unknown = token[:inside] + sha256[:-1] + b"\x77" + token[inside + len(sha256) :]
    data = with_unsigned(known(office), ARCHIVE, unknown)
    report = judged(data, anchored(office, NOW + DAY))
    assert (report.conclusion, codes(report)) == (Conclusion.PASSED, {"timestamp_unproven"})


@pytest.mark.parametrize("given", [None, ContentDigest("sha512", digest_of(CONTENT, "sha512"))])
def test_without_the_content_it_proves_nothing(office: Office, given: Given) -> None:
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    trust = anchored(office, NOW + DAY)
    report = verify_cms(MemorySource(data), given, "a", trust, NOW + 2 * DAY, default_policy())
    assert verdict(report) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    told = [one for one in only(report).warnings if one.code == "timestamp_unproven"]
    (reason,) = (dict(one.values)["reason"] for one in told)
    assert reason == "the content that it covers is not at hand"
    assert "timestamp_wrong_content" not in codes(report)
    by_digest = ContentDigest("sha256", digest_of(CONTENT, "sha256"))
    assert only(judged(data, trust, content=by_digest)).level == "B-LTA"


def test_there_is_an_end_of_them(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    data = known(office)
    for days in (1, 2):
        data = archive_stamped(data, CONTENT, office.tsa, NOW + days * DAY)
    at = NOW + 3 * DAY
    assert len(only(judged(data, anchored(office, at), at)).timestamps) == 3
    monkeypatch.setattr("antin.pki.archive_stamps.MAX_ARCHIVE_STAMPS", 1)
    assert "timestamp_wrong_content" in codes(judged(data, anchored(office, at), at))


def test_there_is_an_end_of_what_it_lists(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    trust = anchored(office, NOW + DAY)
    monkeypatch.setattr("antin.pki.archive_stamps._MAX_INDEX", 2)
    assert codes(judged(data, trust)) == set()
    monkeypatch.setattr("antin.pki.archive_stamps._MAX_INDEX", 1)
    assert "timestamp_wrong_content" in codes(judged(data, trust))


def test_data_that_it_does_not_list_make_no_archive(office: Office) -> None:
    for shape in (ArchiveShape(crls=nothing), ArchiveShape(crls=without(office.crls(NOW)[0][-9:]))):
        data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY, shape)
        assert only(judged(data, anchored(office, NOW + DAY))).level in {"B-LT", "B-LTA"}
    bare = archive_stamped(
        known(office), CONTENT, office.tsa, NOW + DAY, ArchiveShape(crls=nothing)
    )
    assert only(judged(bare, anchored(office, NOW + DAY))).level == "B-LT"


# --- over the years ------------------------------------------------------------------------------


def renewed(office: Office, shape: ArchiveShape | None = None) -> bytes:
    """Return a signature at NOW, archived on the next day, renewed by another authority."""
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    crls = (*known_crls(data), office.root.crl(NOW + 200 * DAY))
    data = with_listed(data, crls=crls)
    second = fresh_tsa(office)
    return archive_stamped(data, CONTENT, second, NOW + 200 * DAY, shape or ArchiveShape())


def known_crls(data: bytes) -> tuple[bytes, ...]:
    return parse_signature(data).listed.revocation


def test_an_expired_authority_without_renewal(office: Office) -> None:
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    report = judged(data, anchored(office, LATER - DAY), LATER)
    assert verdict(report) == ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")
    assert [s.proven for s in only(report).timestamps] == [False, False]


def test_renewal_proves_the_age_of_what_expired(office: Office) -> None:
    report = judged(renewed(office), anchored(office, LATER - DAY), LATER)
    one = only(report)
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    assert (one.level, one.best_signature_time) == ("B-LTA", NOW)
    assert [(s.kind, s.proven) for s in one.timestamps] == [
        ("signature", True),
        ("archive", True),
        ("archive", True),
    ]


def test_renewal_that_lists_no_older_time_stamp(office: Office) -> None:
    """The signature itself was there, so it passes by the second's time, not by the first's."""
    report = judged(renewed(office, ArchiveShape(values=nothing)), anchored(office, LATER), LATER)
    one = only(report)
    assert [s.proven for s in one.timestamps] == [False, False, True]
    assert one.best_signature_time == NOW + 200 * DAY


def test_renewal_by_a_stranger_proves_nothing(office: Office) -> None:
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    stranger = make_tsa(make_root("Somebody else"), not_after=NOW + 9 * YEAR)
    data = archive_stamped(data, CONTENT, stranger, NOW + 200 * DAY)
    report = judged(data, anchored(office, LATER - DAY), LATER)
    assert verdict(report) == ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")


def test_a_time_stamp_that_is_not_listed_is_judged_as_of_today(office: Office) -> None:
    """The signer was revoked between the two; only what is covered proves the first."""
    revoked = (NOW + 100 * DAY, "keyCompromise")
    data = known(office)
    trust = trust_in(
        office.root,
        crls=[
            office.root.crl(LATER - DAY),
            office.ca.crl(LATER - DAY, revoked={office.officer.certificate.serial_number: revoked}),
        ],
    )
    second = fresh_tsa(office)
    at = NOW + 200 * DAY
    for shape, wanted in (
        (ArchiveShape(), ("TOTAL-PASSED", None)),
        (ArchiveShape(values=nothing), ("INDETERMINATE", "REVOKED_NO_POE")),
    ):
        with_crl = with_listed(data, crls=(*known_crls(data), office.root.crl(at)))
        archived = archive_stamped(with_crl, CONTENT, second, at, shape)
        assert verdict(judged(archived, trust, LATER)) == wanted


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        (ArchiveShape(), None),
        (ArchiveShape(crls=nothing), "REVOCATION_OUT_OF_BOUNDS_NO_POE"),
    ],
)
def test_answers_are_as_old_as_what_lists_them(
    office: Office, shape: ArchiveShape, wanted: str | None
) -> None:
    """An OCSP answer counts if it is proven from when its responder was valid."""
    responder = make_responder(office.ca, not_after=NOW + 20 * DAY)
    answer = office.ca.ocsp(office.officer, NOW, NOW + DAY, responder=responder)
    other = b"\xa1" + with_other(answer)
    data, _ = signature_stamped(made(office.officer), office.tsa, NOW)
    data = with_listed(data, (office.officer.der, office.ca.der), (office.crls(NOW)[0], other))
    data = archive_stamped(data, CONTENT, office.tsa, NOW + DAY, shape)
    at = NOW + 60 * DAY
    assert only(judged(data, anchored(office, at - DAY), at)).sub_indication == wanted


def with_other(answer: bytes) -> bytes:
    return sequence(oid("1.3.6.1.5.5.7.16.2"), answer)[1:]


@pytest.mark.parametrize("listed", [True, False])
def test_values_in_attributes_are_as_old_as_what_lists_them(
    office: Office, *, listed: bool
) -> None:

    from antin.pki.der_write import sequence

    responder = make_responder(office.ca, not_after=NOW + 20 * DAY)
    answer = office.ca.ocsp(office.officer, NOW, NOW + DAY, responder=responder)
    basic = ocsp.OCSPResponse.load(answer)["response_bytes"]["response"].parsed.dump()
    values = sequence(
        tlv(0xA0, sequence(office.crls(NOW)[0])),
        tlv(0xA1, sequence(basic)),
    )
    data, _ = signature_stamped(made(office.officer), office.tsa, NOW)
    data = with_listed(data, (office.officer.der,))
    data = with_unsigned(data, CERTIFICATES, sequence(office.ca.der))
    data = with_unsigned(data, REVOCATION, values)
    shape = ArchiveShape() if listed else ArchiveShape(values=without(values))
    data = archive_stamped(data, CONTENT, office.tsa, NOW + DAY, shape)
    at = NOW + 60 * DAY
    one = only(judged(data, anchored(office, at - DAY), at))
    assert one.sub_indication == (None if listed else "REVOCATION_OUT_OF_BOUNDS_NO_POE")
    assert (one.level == "B-LTA") is listed


def test_time_stamps_out_of_order(office: Office) -> None:
    """Nothing is younger than what covers it."""
    late, _ = signature_stamped(made(office.officer), office.tsa, NOW + DAY)
    late = with_listed(late, (office.officer.der, office.ca.der), office.crls(NOW))
    data = archive_stamped(late, CONTENT, office.tsa, NOW)
    report = judged(data, anchored(office, NOW + DAY))
    assert verdict(report) == ("INDETERMINATE", "TIMESTAMP_ORDER_FAILURE")
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + 2 * DAY)
    data = archive_stamped(data, CONTENT, office.tsa, NOW + DAY)
    report = judged(data, anchored(office, NOW + 2 * DAY), NOW + 3 * DAY)
    assert verdict(report) == ("INDETERMINATE", "TIMESTAMP_ORDER_FAILURE")


def test_one_from_the_future_proves_nothing(office: Office) -> None:
    data = archive_stamped(known(office), CONTENT, office.tsa, NOW + 9 * DAY)
    report = judged(data, anchored(office, NOW + DAY))
    assert (report.conclusion, codes(report)) == (Conclusion.PASSED, {"timestamp_unproven"})


def test_the_proof_of_one_signer_is_none_for_another(office: Office) -> None:
    other = office.ca.issue("Trần Thị B")
    parts = [cms.ContentInfo.load(made(holder))["content"] for holder in (office.officer, other)]
    joined = parts[0]
    joined["signer_infos"] = cms.SignerInfos([p["signer_infos"][0] for p in parts])
    joined["certificates"] = cms.CertificateSet([c for p in parts for c in p["certificates"]])
    data = bytes(cms.ContentInfo({"content_type": "signed_data", "content": joined}).dump())
    second = fresh_tsa(office)
    data = with_listed(data, crls=office.crls(NOW + DAY))
    data = archive_stamped(data, CONTENT, second, NOW + DAY, ArchiveShape(signer=1))
    report = judged(data, anchored(office, LATER - DAY), LATER)
    found = {one.best_signature_time for one in report.signatures}
    assert found == {None, NOW + DAY}
    indications = {str(one.indication) for one in report.signatures}
    assert indications == {str(Indication.PASSED), str(Indication.INDETERMINATE)}


def test_in_a_file_around_its_content(office: Office) -> None:
    data = make_cms(
        office.officer,
        digest_of(CONTENT, "sha256"),
        replace(CmsShape(signing_time=NOW - DAY), content=CONTENT),
    )
    data, _ = signature_stamped(data, office.tsa, NOW)
    data = with_listed(data, crls=office.crls(NOW))
    data = archive_stamped(data, CONTENT, office.tsa, NOW + DAY)
    trust, at = anchored(office, NOW + DAY), NOW + 2 * DAY
    report = verify_cms(MemorySource(data), None, "a.p7m", trust, at, default_policy())
    assert (report.conclusion, only(report).level) == (Conclusion.PASSED, "B-LTA")


def test_a_time_stamp_on_the_content_is_as_old_as_the_signature(office: Office) -> None:
    """It is signed along, so that what covers the signature covers it and what came with it."""
    between = office.root.issue("Stamping CA", ca=True, not_after=NOW + 9 * DAY)
    brief = make_tsa(between, "Brief Time-Stamping", not_after=NOW + 9 * DAY)
    stamp = make_token(brief, digest_of(CONTENT, "sha256"), NOW - 2 * DAY)
    shape = CmsShape(signing_time=NOW - DAY, signed=(("1.2.840.113549.1.9.16.2.20", stamp),))
    data = make_cms(office.officer, digest_of(CONTENT, "sha256"), shape)
    data = with_listed(data, crls=(*office.crls(NOW), between.crl(NOW)))
    data = archive_stamped(data, CONTENT, office.tsa, NOW)
    at = NOW + 60 * DAY
    one = only(judged(data, anchored(office, at - DAY), at))
    assert [(s.kind, s.proven) for s in one.timestamps] == [("content", True), ("archive", True)]


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [(ArchiveShape(), None), (ArchiveShape(certificates=nothing), "NO_POE")],
)
def test_certificates_are_as_old_as_what_lists_them(
    office: Office, shape: ArchiveShape, wanted: str | None
) -> None:
    """Their authority was revoked: who has its key can issue them with any date in them."""
    until = office.root.certificate.not_valid_after_utc
    lower = office.ca.issue("Lower CA", ca=True, not_after=until)
    officer = lower.issue("Trần Thị B")
    data, _ = signature_stamped(made(officer), office.tsa, NOW)
    crls = (*office.crls(NOW), lower.crl(NOW))
    data = with_listed(data, (officer.der, lower.der, office.ca.der), crls)
    data = archive_stamped(data, CONTENT, fresh_tsa(office), NOW + DAY, shape)
    entry = {office.ca.certificate.serial_number: (NOW + 100 * DAY, "keyCompromise")}
    at = NOW + 200 * DAY
    trust = trust_in(office.root, crls=[office.root.crl(at - DAY, revoked=entry)])
    assert only(judged(data, trust, at)).sub_indication == wanted


def test_what_is_no_certificate_beside_the_signers(office: Office) -> None:
    """An attribute certificate is listed and covered as any other piece, and judged by nobody."""
    attribute = tlv(0xA2, b"\x05\x00")
    data = with_listed(known(office), (office.officer.der, office.ca.der, attribute))
    data = with_listed(data, crls=office.crls(NOW))
    version = data.index(b"\x02\x01\x01\x31")
    data = data[: version + 2] + b"\x04" + data[version + 3 :]
    data = archive_stamped(data, CONTENT, office.tsa, NOW + DAY)
    report = judged(data, anchored(office, NOW + DAY))
    assert (report.conclusion, only(report).level) == (Conclusion.PASSED, "B-LTA")


def test_no_byte_of_it_brings_anything_down(office: Office) -> None:
    """Whatever is altered, a report comes of it; what is signed or covered does not pass."""
    good = archive_stamped(known(office), CONTENT, office.tsa, NOW + DAY)
    trust, given = anchored(office, NOW + DAY), Content("a", MemorySource(CONTENT))
    passed = []
    for position in range(3, len(good), 13):
        data = good[:position] + bytes((good[position] ^ 0x41,)) + good[position + 1 :]
        at = NOW + 2 * DAY
        report = verify_cms(MemorySource(data), given, "a", trust, at, default_policy())
        if report.conclusion is Conclusion.PASSED and only(report).level == "B-LTA":
            passed.append((position, codes(report)))
    # The authority's certificate lies in the token once more, where nothing covers it.
    assert all(found for _, found in passed), passed
