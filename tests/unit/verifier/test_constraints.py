"""Constraints on real files: the same file, weighed by policies that differ in one of them."""

import hashlib
import io
from dataclasses import dataclass, replace

import pytest
from asn1crypto import tsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter

from antin.pki.der_read import whole
from antin.pki.timestamps import new_query
from antin.verifier.constraints import Action, Constraints
from antin.verifier.policy import default_policy
from antin.verifier.report import Check, Report
from tests.signedpdf import blank_pdf, check, only, replace_cms, sign, stamp, verdict
from tests.smallpki import DAY, NOW, CmsShape, answer_query, make_cms, signed_digest
from tests.unit.verifier.conftest import Office

FAILS = ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")
PASSES = ("TOTAL-PASSED", None)


@pytest.fixture(scope="module")
def plain(office: Office) -> bytes:
    return sign(blank_pdf(), office.officer)


def under(data: bytes, office: Office, **actions: Action) -> Report:
    policy = replace(default_policy(), constraints=Constraints(actions))
    return check(data, office.trust(), policy=policy)


def told(report: Report, code: str) -> list[str]:
    one = only(report)
    found = (*report.findings, *one.findings, *one.warnings)
    return [str(f.severity) for f in found if f.code == code]


@dataclass(frozen=True)
class Weighed:
    """What becomes of a finding under a policy that names it."""

    action: Action
    verdict: tuple[str, str | None]
    severities: list[str]


LIGHTER = [
    Weighed(Action.WARN, PASSES, ["warning"]),
    Weighed(Action.INFORM, PASSES, ["info"]),
    Weighed(Action.IGNORE, PASSES, []),
]
WEIGHTS = [*LIGHTER, Weighed(Action.FAIL, FAILS, ["error"])]


@pytest.mark.parametrize("weighed", WEIGHTS)
def test_a_container_in_ber(office: Office, plain: bytes, weighed: Weighed) -> None:
    def open_ended(der: bytes) -> bytes:
        return b"\x30\x80" + der[whole(der, "cms_malformed").at :] + b"\x00\x00"

    report = under(replace_cms(plain, open_ended), office, container_read_leniently=weighed.action)
    assert verdict(report) == weighed.verdict
    assert told(report, "container_read_leniently") == weighed.severities
    assert str(report.conclusion) == weighed.verdict[0]
    checks = {c.name: str(c.indication) for c in only(report).checks}
    assert checks.get(Check.POLICY, "TOTAL-PASSED") == weighed.verdict[0]


@pytest.mark.parametrize("weighed", WEIGHTS)
def test_a_certificate_that_is_not_bound(office: Office, plain: bytes, weighed: Weighed) -> None:
    def unbound(der: bytes) -> bytes:
        return make_cms(office.officer, signed_digest(der), CmsShape(ess=False))

    data = replace_cms(plain, unbound)
    report = under(data, office, signer_certificate_unprotected=weighed.action)
    assert verdict(report) == weighed.verdict
    assert told(report, "signer_certificate_unprotected") == weighed.severities
    checks = {c.name: str(c.indication) for c in only(report).checks}
    assert checks[Check.SIGNING_CERTIFICATE] == weighed.verdict[0]
    altered = data.replace(b"Specimen letter", b"Specimen Letter")
    spoilt = under(altered, office, signer_certificate_unprotected=weighed.action)
    assert verdict(spoilt) == ("TOTAL-FAILED", "HASH_FAILURE")


@pytest.mark.parametrize(
    ("action", "conclusion", "severities"),
    [
        (Action.WARN, "TOTAL-PASSED", ["warning"]),
        (Action.INFORM, "TOTAL-PASSED", ["info"]),
        (Action.IGNORE, "TOTAL-PASSED", []),
        (Action.FAIL, "TOTAL-FAILED", ["error"]),
    ],
)
def test_an_oddity_of_the_file(
    office: Office, action: Action, conclusion: str, severities: list[str]
) -> None:
    data = sign(blank_pdf().replace(b"%PDF-1.7", b"%PDF-7.7"), office.officer)
    report = under(data, office, pdf_header_odd=action)
    assert (str(report.conclusion), told(report, "pdf_header_odd")) == (conclusion, severities)


@pytest.mark.parametrize("weighed", WEIGHTS)
def test_a_time_stamp_without_its_type(office: Office, plain: bytes, weighed: Weighed) -> None:
    data = stamp(plain, office.stamper()).replace(b"/DocTimeStamp", b"/SomeTimeStam")
    fields = PdfFileReader(io.BytesIO(data)).embedded_signatures
    first, length, second, rest = fields[-1].byte_range
    covered = data[first : first + length] + data[second : second + rest]

    def renewed(_: bytes) -> bytes:
        query = new_query(hashlib.sha256(covered).digest())
        answer = tsp.TimeStampResp.load(answer_query(office.tsa, query, NOW))
        return bytes(answer["time_stamp_token"].dump())

    report = under(replace_cms(data, renewed), office, signature_type_odd=weighed.action)
    stamped = report.signatures[-1]
    assert stamped.kind == "document-timestamp"
    assert (str(stamped.indication), stamped.sub_indication) == weighed.verdict
    found = [f for f in (*stamped.findings, *stamped.warnings) if f.code == "signature_type_odd"]
    assert [str(f.severity) for f in found] == weighed.severities


@pytest.mark.parametrize("weighed", LIGHTER)
def test_white_space_behind_the_end(office: Office, plain: bytes, weighed: Weighed) -> None:
    report = under(plain + b"\n \n", office, trailing_white_space=weighed.action)
    assert verdict(report) == weighed.verdict
    assert told(report, "trailing_white_space") == weighed.severities
    signed_along = sign(blank_pdf() + b"\n \n", office.officer)
    assert told(under(signed_along, office), "trailing_white_space") == []


def test_an_old_kind_of_signature_need_not_bind_its_certificate(
    office: Office, plain: bytes
) -> None:
    def unbound(der: bytes) -> bytes:
        return make_cms(office.officer, signed_digest(der), CmsShape(ess=False))

    old = sign(blank_pdf(), office.officer, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    report = under(replace_cms(old, unbound), office)
    assert verdict(report) == PASSES
    assert told(report, "signer_certificate_unprotected") == ["info"]
    strict = under(replace_cms(old, unbound), office, signer_certificate_unprotected=Action.FAIL)
    assert verdict(strict) == FAILS
    assert told(under(plain, office), "signer_certificate_unprotected") == []


def test_a_signer_who_was_revoked_later(office: Office) -> None:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 3 * DAY))
    trust = office.trust(NOW, officer=(NOW - DAY, "superseded"))
    policy = replace(default_policy(), constraints=Constraints({"path_revoked_later": Action.FAIL}))
    assert verdict(check(data, trust)) == PASSES
    assert verdict(check(data, trust, policy=policy)) == FAILS
