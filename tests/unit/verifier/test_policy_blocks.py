"""What only a policy asks for: fresh revocation data; and what becomes of files read tolerantly."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from antin.pdf.document import Manner
from antin.verifier.policy import RevocationDuty, default_policy, shipped_policy
from antin.verifier.report import Check, SignatureReport
from tests.damage import ANY_FORM
from tests.pdfs import appended
from tests.signedpdf import blank_pdf, check, only, sign, stamp, trust_in
from tests.smallpki import DAY, NOW
from tests.unit.verifier.conftest import Office

HOUR = timedelta(hours=1)
TOLERANT = replace(default_policy(), reading=Manner.TOLERANT)


@pytest.fixture(scope="module")
def plain(office: Office) -> bytes:
    return sign(blank_pdf(), office.officer)


def aged(data: bytes, office: Office, max_age: timedelta | None, **duties: bool) -> SignatureReport:
    """Return the report where all revocation data are a day older than the time of checking."""
    wanted = {"signer": True, "authorities": True, "timestamps": True} | duties
    duty = RevocationDuty(**wanted, max_age=max_age)
    report = check(data, office.trust(NOW - DAY), policy=replace(default_policy(), revocation=duty))
    return report.signatures[-1]


@pytest.mark.parametrize("max_age", [None, DAY, DAY + HOUR])
def test_data_that_are_fresh_enough(
    office: Office, plain: bytes, max_age: timedelta | None
) -> None:
    assert aged(plain, office, max_age).sub_indication is None


def test_data_that_are_too_old(office: Office, plain: bytes) -> None:
    one = aged(plain, office, DAY - HOUR)
    assert (str(one.indication), one.sub_indication) == ("INDETERMINATE", "TRY_LATER")
    (found,) = one.findings
    assert (found.code, dict(found.values)["hours"]) == ("revocation_outdated", 24)
    outcomes = {c.name: str(c.indication) for c in one.checks}
    assert outcomes[Check.CERTIFICATE_PATH] == "INDETERMINATE"


def test_nobody_asks_for_the_age_of_what_is_not_needed(office: Office, plain: bytes) -> None:
    assert aged(plain, office, HOUR, signer=False).sub_indication is None


def test_data_about_a_time_stamping_authority_that_are_too_old(
    office: Office, plain: bytes
) -> None:
    stamped = aged(stamp(plain, office.stamper()), office, HOUR)
    assert {found.code for found in stamped.findings} == {"revocation_outdated"}
    within = sign(blank_pdf(), office.officer, stamped=office.stamper())
    one = aged(within, office, HOUR, signer=False)
    assert (one.time_source, [w.code for w in one.warnings]) == ("none", ["timestamp_unproven"])
    assert aged(within, office, DAY, signer=False).time_source == "signature-timestamp"


WEAK = ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


def dated(data: bytes, office: Office, name: str, since: datetime) -> SignatureReport:
    """Return the report of the last signature where ``name`` is not believed from ``since`` on."""
    floor = replace(default_policy().algorithms, until={name: since})
    report = check(data, office.trust(), policy=replace(default_policy(), algorithms=floor))
    return report.signatures[-1]


@pytest.mark.parametrize("name", ["sha256", "ec-below-384"])
def test_a_date_of_the_policy(office: Office, plain: bytes, name: str) -> None:
    assert dated(plain, office, name, NOW + HOUR).sub_indication is None
    one = dated(plain, office, name, NOW)
    assert (str(one.indication), one.sub_indication) == WEAK
    assert {found.code for found in one.findings} == {"algorithm_weak"}
    outcomes = {c.name: str(c.indication) for c in one.checks}
    assert outcomes[Check.ALGORITHMS] == "INDETERMINATE"
    proven = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 3 * DAY))
    assert dated(proven, office, name, NOW).time_source == "none"  # the stamp is as weak
    assert dated(stamp(plain, office.stamper()), office, name, NOW).findings


def test_a_date_of_the_policy_is_for_what_it_names_only(office: Office, plain: bytes) -> None:
    for name in ("sha512", "rsa-below-3000", "ec-below-256"):
        assert dated(plain, office, name, NOW - DAY).sub_indication is None


def test_a_date_of_the_policy_is_for_authorities_as_well(office: Office) -> None:
    authority = office.root.issue("Old CA", ca=True, kind="rsa2048")
    data = sign(blank_pdf(), authority.issue("Nguyễn Văn A"))
    crls = (office.root.crl(NOW - DAY), authority.crl(NOW - DAY))
    floor = replace(default_policy().algorithms, until={"rsa-below-3000": NOW})
    for policy, expected in (
        (default_policy(), ("TOTAL-PASSED", None)),
        (replace(default_policy(), algorithms=floor), WEAK),
    ):
        one = only(check(data, trust_in(office.root, crls=crls), policy=policy))
        assert (str(one.indication), one.sub_indication) == expected


def test_what_is_proven_to_be_from_before_the_date_passes(office: Office) -> None:
    """The time-stamping authority is stronger than the signer, as it should be."""
    data = sign(blank_pdf(), office.ca.issue("Trần Thị B", kind="rsa2048"))
    stamped = stamp(data, office.stamper(NOW - 3 * DAY))
    floor = replace(default_policy().algorithms, until={"rsa-below-3000": NOW - DAY})
    policy = replace(default_policy(), algorithms=floor)
    assert check(data, office.trust(), policy=policy).signatures[0].sub_indication == WEAK[1]
    assert check(stamped, office.trust(), policy=policy).signatures[0].sub_indication is None


@pytest.mark.parametrize("name", sorted(set(ANY_FORM) - {"header-lost"}))
def test_a_file_that_had_to_be_repaired_never_passes(
    office: Office, plain: bytes, name: str
) -> None:
    """The damage is in bytes that nobody signed: an update, or what stands before the header."""
    damage = ANY_FORM[name]
    updated = appended(plain, {500: b"(of no effect)"})
    assert str(check(updated, office.trust()).conclusion) == "TOTAL-PASSED"
    data = damage.inflict(updated)
    assert str(check(data, office.trust()).conclusion) != "TOTAL-PASSED"
    for policy in (TOLERANT, shipped_policy("lenient-import")):
        report = check(data, office.trust(), policy=policy)
        one = only(report)
        assert (one.digest_ok, one.signature_ok) == (True, True)
        assert (str(report.conclusion), str(one.indication)) == ("INDETERMINATE", "INDETERMINATE")
        assert damage.repair in {f.code for f in one.findings}
        assert damage.repair in {f.code for f in report.findings}


@pytest.mark.parametrize("name", sorted(set(ANY_FORM) - {"junk-before"}))
def test_damage_to_what_was_signed_fails_a_repaired_file(
    office: Office, plain: bytes, name: str
) -> None:
    report = check(ANY_FORM[name].inflict(plain), office.trust(), policy=TOLERANT)
    assert str(report.conclusion) == "TOTAL-FAILED"
    assert ANY_FORM[name].repair in {f.code for f in report.findings}


def test_what_was_signed_is_looked_at_in_a_repaired_file(office: Office, plain: bytes) -> None:
    damage = ANY_FORM["junk-before"]
    whole = check(damage.inflict(plain), office.trust(), policy=TOLERANT)
    assert (only(whole).digest_ok, only(whole).signature_ok) == (True, True)
    assert whole.size == len(damage.inflict(plain))
    assert whole.sha256 == hashlib.sha256(damage.inflict(plain)).hexdigest()
    altered = damage.inflict(plain.replace(b"Specimen letter", b"Specimen Letter"))
    one = only(check(altered, office.trust(), policy=TOLERANT))
    assert (str(one.indication), one.sub_indication) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_a_hidden_signature_fails_a_repaired_file(office: Office, plain: bytes) -> None:
    at = plain.rindex(b"/AcroForm")
    data = ANY_FORM["junk-before"].inflict(plain[:at] + b"/AcroFarm" + plain[at + 9 :])
    report = check(data, office.trust(), policy=TOLERANT)
    assert str(report.conclusion) == "TOTAL-FAILED"
    assert "signature_unreachable" in {found.code for found in report.findings}


def test_a_whole_file_is_read_alike(office: Office, plain: bytes) -> None:
    strictly = check(plain, office.trust())
    tolerantly = check(plain, office.trust(), policy=TOLERANT)
    assert tolerantly == strictly
    assert str(check(plain, office.trust(), policy=shipped_policy("strict")).conclusion) == (
        "TOTAL-PASSED"
    )
