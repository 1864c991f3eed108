"""What the report says of each check by itself: made or not, and its own outcome."""

import hashlib

import pytest

from antin.verifier.report import Check, Indication, SignatureReport
from tests.signedpdf import FixedTimeStamper, blank_pdf, check, only, replace_cms, sign, stamp
from tests.smallpki import DAY, NOW, CmsShape, make_cms, make_root, make_tsa, signed_digest
from tests.unit.verifier.conftest import Office

PASSED = ("TOTAL-PASSED", None)


@pytest.fixture(scope="module")
def plain(office: Office) -> bytes:
    return sign(blank_pdf(), office.officer)


def outcomes(signature: SignatureReport) -> dict[str, tuple[str, str | None]]:
    found = {str(c.name): (str(c.indication), c.sub_indication) for c in signature.checks}
    assert len(found) == len(signature.checks)
    return found


def test_all_checks_of_a_signature_that_passes(office: Office, plain: bytes) -> None:
    assert outcomes(only(check(plain, office.trust()))) == {
        "format": PASSED,
        "cryptography": PASSED,
        "signing-certificate": PASSED,
        "certificate-path": PASSED,
        "algorithms": PASSED,
        "changes": PASSED,
    }


def test_only_the_check_that_failed_says_so(office: Office, plain: bytes) -> None:
    data = plain.replace(b"Specimen letter", b"Specimen Letter")
    found = outcomes(only(check(data, office.trust())))
    assert found.pop("cryptography") == ("TOTAL-FAILED", "HASH_FAILURE")
    assert set(found.values()) == {PASSED}


def test_a_check_that_was_not_made_is_not_listed(office: Office, plain: bytes) -> None:
    def strip(der: bytes) -> bytes:
        return make_cms(office.officer, signed_digest(der), CmsShape(certificates=()))

    data = replace_cms(plain, strip)
    found = outcomes(only(check(data, office.trust())))
    assert found["signing-certificate"] == ("INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND")
    assert "cryptography" not in found
    assert "certificate-path" not in found
    altered = only(check(data.replace(b"Specimen letter", b"Specimen Letter"), office.trust()))
    assert outcomes(altered)["cryptography"] == ("TOTAL-FAILED", "HASH_FAILURE")


def test_a_container_that_cannot_be_read_claims_nothing(office: Office, plain: bytes) -> None:
    one = only(check(replace_cms(plain, lambda der: b"\x30\x03\x02\x01\x05"), office.trust()))
    assert outcomes(one) == {"format": ("TOTAL-FAILED", "FORMAT_FAILURE"), "changes": PASSED}
    assert (one.identity, one.document_digest) == (None, None)


def test_time_stamps_are_told_apart_by_what_they_prove(office: Office) -> None:
    stranger = FixedTimeStamper(make_tsa(make_root("Somebody else")), NOW - DAY)
    good = only(check(sign(blank_pdf(), office.officer, stamped=office.stamper()), office.trust()))
    bad = only(check(sign(blank_pdf(), office.officer, stamped=stranger), office.trust()))
    assert [(s.proven, s.time) for s in good.timestamps] == [(True, NOW)]
    assert [(s.proven, s.time) for s in bad.timestamps] == [(False, NOW - DAY)]
    assert good.timestamps[0].authority.sha256 == hashlib.sha256(office.tsa.der).hexdigest()
    assert outcomes(good)["timestamps"] == outcomes(good)["time-order"] == PASSED


def test_a_document_time_stamp_after_its_own_time(office: Office) -> None:
    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW + DAY))
    (one,) = (s for s in check(data, office.trust()).signatures if s.kind != "signature")
    assert outcomes(one)["time-order"] == ("INDETERMINATE", "TIMESTAMP_ORDER_FAILURE")


def test_the_digest_is_of_what_the_byte_range_covers(office: Office, plain: bytes) -> None:
    one = only(check(plain, office.trust()))
    first, length, second, rest = one.byte_range
    covered = plain[first : first + length] + plain[second : second + rest]
    assert one.document_digest == hashlib.sha256(covered).hexdigest()
    assert one.identity is not None
    container = bytes.fromhex(plain[first + length + 1 : second - 1].decode())
    size = 4 + int.from_bytes(container[2:4])
    assert one.identity.container_sha256 == hashlib.sha256(container[:size]).hexdigest()
    assert bytes.fromhex(one.identity.value) in container


def test_every_check_has_been_seen(office: Office) -> None:
    data = stamp(sign(blank_pdf(), office.officer, stamped=office.stamper()), office.stamper())
    report = check(data, office.trust())
    seen = {c.name for one in report.signatures for c in one.checks}
    # Only where a policy makes more of a remark; only where the signer names a policy.
    assert seen == set(Check) - {Check.POLICY, Check.SIGNATURE_POLICY}
    assert {c.indication for one in report.signatures for c in one.checks} == {Indication.PASSED}
