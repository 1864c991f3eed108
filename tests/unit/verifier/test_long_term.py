"""Proofs of existence: what document time-stamps and archived data carry over decades."""

from datetime import datetime

import pytest

from antin.pki.trust import TrustMaterial
from antin.verifier.report import Conclusion, Indication, Report, SignatureReport
from tests.signedpdf import (
    FixedTimeStamper,
    add_store,
    blank_pdf,
    check,
    replace_cms,
    sign,
    stamp,
    trust_in,
)
from tests.smallpki import DAY, NOW, YEAR, Holder, make_responder, make_root, make_token, make_tsa
from tests.unit.verifier.conftest import Office

LATER = NOW + 3 * YEAR
"""Officer, CA-issued responder and first time-stamping authority have expired by then."""


@pytest.fixture(scope="module")
def long_term(office: Office) -> bytes:
    """A signature at NOW with time-stamp, validation data and document time-stamp (B-LTA)."""
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW))
    data = add_store(data, [office.ca.der, office.tsa.der], office.crls(NOW))
    return stamp(data, office.stamper(NOW + DAY))


def first(report: Report) -> SignatureReport:
    return report.signatures[0]


def subs(report: Report) -> list[str | None]:
    return [one.sub_indication for one in report.signatures]


def anchored(office: Office) -> TrustMaterial:
    return trust_in(office.root)


def renewed(office: Office, data: bytes, at: datetime) -> tuple[bytes, Holder]:
    """Return ``data`` with data about the first authority and a stamp by a second, ``at``."""
    second = make_tsa(office.root, "Second Time-Stamping", not_before=NOW, not_after=NOW + 9 * YEAR)
    data = add_store(data, [second.der], [office.root.crl(at)])
    return stamp(data, FixedTimeStamper(second, at), "Stamp2"), second


def test_levels(office: Office, long_term: bytes) -> None:
    trust = office.trust(NOW)
    at = NOW + 2 * DAY
    plain = sign(blank_pdf(), office.officer)
    timed = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW))
    stored = add_store(timed, [office.ca.der], office.crls(NOW))
    partly = add_store(timed, [office.ca.der], office.crls(NOW)[:1])
    by_document = stamp(plain, office.stamper(NOW))
    files = (plain, timed, partly, stored, long_term, by_document)
    levels = [first(check(data, trust, at)).level for data in files]
    assert levels == ["B-B", "B-T", "B-T", "B-LT", "B-LTA", "B-T"]


def test_later_store_without_time_stamp_keeps_the_level(office: Office, long_term: bytes) -> None:
    data = add_store(long_term, [], [office.root.crl(NOW + 2 * DAY)])
    assert first(check(data, anchored(office), NOW + 3 * DAY)).level == "B-LTA"


def test_archive_validates_from_its_own_data(office: Office, long_term: bytes) -> None:
    root_crl = office.root.crl(NOW + DAY)  # the last time-stamp's own status is not in the file
    report = check(long_term, trust_in(office.root, crls=[root_crl]), NOW + 2 * DAY)
    assert report.conclusion is Conclusion.PASSED
    assert first(report).best_signature_time == NOW
    assert [s.kind for s in report.signatures] == ["signature", "document-timestamp"]
    assert report.signatures[1].level is None
    assert report.signatures[1].best_signature_time == NOW + DAY


def test_expired_authority_without_renewal(office: Office, long_term: bytes) -> None:
    report = check(long_term, office.trust(LATER - DAY), LATER)
    assert report.signatures[1].sub_indication == "OUT_OF_BOUNDS_NO_POE"
    assert first(report).indication is Indication.INDETERMINATE
    assert report.conclusion is Conclusion.INDETERMINATE


def test_renewal_proves_the_age_of_what_expired(office: Office, long_term: bytes) -> None:
    data, _ = renewed(office, long_term, NOW + 200 * DAY)
    root_crl = office.root.crl(LATER - DAY)
    report = check(data, trust_in(office.root, crls=[root_crl]), LATER)
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    assert first(report).best_signature_time == NOW
    assert first(report).level == "B-LTA"


def test_renewal_after_expiry_is_too_late(office: Office, long_term: bytes) -> None:
    data, _ = renewed(office, long_term, NOW + 2 * YEAR)
    report = check(data, trust_in(office.root, crls=[office.root.crl(LATER - DAY)]), LATER)
    assert subs(report) == ["OUT_OF_BOUNDS_NO_POE", "OUT_OF_BOUNDS_NO_POE", None]


def test_renewal_by_a_stranger_proves_nothing(office: Office, long_term: bytes) -> None:
    stranger = make_tsa(make_root("Somebody else"), not_after=NOW + 9 * YEAR)
    data = stamp(long_term, FixedTimeStamper(stranger, NOW + 200 * DAY), "Stamp2")
    report = check(data, office.trust(LATER - DAY), LATER)
    assert report.signatures[2].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
    assert report.signatures[1].sub_indication == "OUT_OF_BOUNDS_NO_POE"
    assert first(report).indication is Indication.INDETERMINATE


def test_authority_revoked_after_the_renewal(office: Office, long_term: bytes) -> None:
    data, _ = renewed(office, long_term, NOW + 200 * DAY)
    revoked = {office.tsa.certificate.serial_number: (NOW + 300 * DAY, "keyCompromise")}
    trust = trust_in(office.root, crls=[office.root.crl(LATER - DAY, revoked=revoked)])
    assert check(data, trust, LATER).conclusion is Conclusion.PASSED


def test_authority_revoked_before_the_renewal(office: Office, long_term: bytes) -> None:
    revoked = {office.tsa.certificate.serial_number: (NOW + 100 * DAY, "keyCompromise")}
    second = make_tsa(office.root, "Second Time-Stamping", not_before=NOW, not_after=NOW + 9 * YEAR)
    at = NOW + 200 * DAY
    data = add_store(long_term, [second.der], [office.root.crl(at, revoked=revoked)])
    data = stamp(data, FixedTimeStamper(second, at), "Stamp2")
    report = check(data, trust_in(office.root, crls=[office.root.crl(LATER - DAY)]), LATER)
    assert report.signatures[1].sub_indication == "REVOKED_NO_POE"
    assert report.conclusion is Conclusion.INDETERMINATE


def test_ocsp_answer_must_be_proven_from_when_its_responder_was_valid(office: Office) -> None:
    responder = make_responder(office.ca, not_after=NOW + 20 * DAY)
    answer = office.ca.ocsp(office.officer, NOW, NOW + DAY, responder=responder)
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW))
    data = add_store(data, [office.ca.der], [office.crls(NOW)[0]], [answer])
    at = NOW + 60 * DAY
    trust = trust_in(office.root, crls=[office.root.crl(at - DAY)])
    assert subs(check(data, trust, NOW + 10 * DAY)) == [None]
    assert subs(check(data, trust, at)) == ["REVOCATION_OUT_OF_BOUNDS_NO_POE"]
    assert subs(check(stamp(data, office.stamper(NOW + DAY)), trust, at)) == [None, None]


def test_earlier_time_stamp_proves_nothing_about_later_data(office: Office) -> None:
    responder = make_responder(office.ca, not_after=NOW + 20 * DAY)
    answer = office.ca.ocsp(office.officer, NOW, NOW + DAY, responder=responder)
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW))
    data = stamp(data, office.stamper(NOW + DAY))
    data = add_store(data, [office.ca.der], [], [answer])
    at = NOW + 60 * DAY
    trust = trust_in(office.root, crls=[office.root.crl(at - DAY)])
    assert subs(check(data, trust, at)) == ["REVOCATION_OUT_OF_BOUNDS_NO_POE", None]


def test_document_time_stamp_alone_gives_the_time(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", not_after=NOW + 5 * DAY)
    data = stamp(sign(blank_pdf(), officer), office.stamper(NOW))
    report = check(data, office.trust(NOW), NOW + 10 * DAY)
    assert report.conclusion is Conclusion.PASSED
    assert (first(report).best_signature_time, first(report).time_source) == (
        NOW,
        "document-timestamp",
    )


def test_time_stamp_before_a_signature_is_no_proof_for_it(office: Office) -> None:
    officer = office.ca.issue("Trần Thị B", not_after=NOW + 5 * DAY)
    data = sign(stamp(blank_pdf(), office.stamper(NOW)), officer)
    report = check(data, office.trust(NOW), NOW + 10 * DAY)
    assert subs(report) == [None, "OUT_OF_BOUNDS_NOT_REVOKED"]


def test_signature_that_signs_a_time_stamp_is_younger_than_it(office: Office) -> None:
    """Then a revocation before that time-stamp is certain to have come first."""
    data = sign(stamp(blank_pdf(), office.stamper(NOW - DAY)), office.officer)
    revoked = office.trust(NOW - DAY, officer=(NOW - 3 * DAY, "keyCompromise"))
    report = check(data, revoked)
    assert (report.signatures[1].indication, subs(report)[1]) == (Indication.FAILED, "REVOKED")
    assert report.conclusion is Conclusion.FAILED
    expired = office.ca.issue("Trần Thị B", not_after=NOW - 5 * DAY)
    data = sign(stamp(blank_pdf(), office.stamper(NOW - DAY)), expired)
    assert subs(check(data, office.trust(NOW - DAY)))[1] == "EXPIRED"


def test_tampered_document_time_stamp(office: Office) -> None:
    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW - DAY))
    report = check(data.replace(b"Specimen letter", b"Specimen Letter"), office.trust())
    assert subs(report) == ["HASH_FAILURE", "HASH_FAILURE"]
    assert first(report).best_signature_time is None


def test_time_stamp_copied_from_another_file(office: Office) -> None:
    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW))
    token = make_token(office.tsa, bytes(32), NOW)
    report = check(replace_cms(data, lambda _: token), office.trust())
    assert subs(report)[1] == "HASH_FAILURE"
    assert (report.signatures[1].digest_ok, report.signatures[1].signature_ok) == (False, True)
    assert first(report).best_signature_time is None


def test_document_time_stamp_with_an_altered_time(office: Office) -> None:
    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW - DAY))

    def alter(der: bytes) -> bytes:
        assert b"20260531120000Z" in der
        return der.replace(b"20260531120000Z", b"20160531120000Z")

    report = check(replace_cms(data, alter), office.trust())
    assert subs(report)[1] == "SIG_CRYPTO_FAILURE"
    assert first(report).best_signature_time is None


def test_document_time_stamp_from_the_future(office: Office) -> None:
    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW + 2 * DAY))
    report = check(data, office.trust(NOW))
    assert subs(report) == [None, "TIMESTAMP_ORDER_FAILURE"]
    assert [found.code for found in report.signatures[1].findings] == ["timestamp_in_future"]


def test_time_stamps_out_of_order(office: Office) -> None:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW))
    data = stamp(data, office.stamper(NOW - 5 * DAY))
    report = check(data, office.trust(NOW))
    assert subs(report)[0] == "TIMESTAMP_ORDER_FAILURE"
    assert [found.code for found in first(report).findings] == ["timestamp_order"]


def test_document_time_stamps_out_of_order(office: Office) -> None:
    """The outer one covers the inner one, so it can't be the older of the two."""
    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW))
    data = stamp(data, office.stamper(NOW - 5 * DAY), "Stamp2")
    report = check(data, office.trust(NOW))
    assert subs(report)[1] == "TIMESTAMP_ORDER_FAILURE"
    assert [found.code for found in report.signatures[1].findings] == ["timestamp_order"]
    assert report.conclusion is Conclusion.INDETERMINATE
