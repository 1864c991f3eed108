"""What else a signature carries: its policy, further time-stamps, what nobody judges."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from antin.core.bytesource import MemorySource
from antin.pki.cms_read import parse_signature
from antin.pki.der_write import sequence, tlv
from antin.verifier.certificates import certificates_in
from antin.verifier.constraints import Action, Constraints
from antin.verifier.policy import default_policy
from antin.verifier.report import Check, Report
from antin.verifier.writers import words
from antin.verifier.writers.etsi_xml import to_etsi_xml
from antin.verifier.writers.html import to_html
from antin.verifier.writers.json import to_json
from tests.etsischema import valid
from tests.reportschema import fits_schema
from tests.signedpdf import blank_pdf, check, only, replace_cms, sign, trust_in
from tests.smallpki import DAY, NOW, CmsShape, make_cms, make_token, make_tsa, signed_digest
from tests.unit.verifier.conftest import Office
from tests.unit.verifier.test_sub_indications import (
    NAMED_POLICY,
    URI,
    add_unsigned,
    under_policy,
    with_content_stamp,
)

NAMESPACE = "{http://uri.etsi.org/19102/v1.4.1#}"


def value_of(der: bytes) -> bytes:
    return parse_signature(der).signature


def english(sentence: str) -> str:
    return sentence


def as_json(report: Report) -> Any:
    line = to_json(report)
    assert fits_schema(line)
    return json.loads(line)["signatures"][0]


def as_xml(report: Report) -> Any:
    text = to_etsi_xml(report)
    return valid(text)


def test_a_named_policy_is_reported(office: Office) -> None:
    given = under_policy(office, NAMED_POLICY)
    report = check(given.data, given.trust)
    policy = {
        "oid": "1.3.6.1.4.1.99999.7",
        "digest": "sha256",
        "value": hashlib.sha256(b"the policy").hexdigest(),
        "uri": URI,
    }
    assert as_json(report)["signature_policy"] == policy
    (named,) = as_xml(report).iter(f"{NAMESPACE}SigPolicyIdentifier")
    assert named.get("Signed") == "true"
    assert named.findtext(f"{NAMESPACE}SigPolicyId") == "urn:oid:1.3.6.1.4.1.99999.7"
    assert f"1.3.6.1.4.1.99999.7 {URI}" in to_html(report, english, "en")
    checks = {one.name: one.sub_indication for one in only(report).checks}
    assert checks[Check.SIGNATURE_POLICY] == "SIGNATURE_POLICY_NOT_AVAILABLE"
    assert only(report).signature_ok is True


def test_an_implied_policy_is_reported(office: Office) -> None:
    given = under_policy(office, tlv(0x05, b""))
    report = check(given.data, given.trust)
    policy = as_json(report)["signature_policy"]
    assert policy == {"oid": None, "digest": None, "value": None, "uri": None}
    assert [f.code for f in only(report).warnings] == ["signature_policy_implied"]
    assert list(as_xml(report).iter(f"{NAMESPACE}SigPolicyIdentifier")) == []
    assert words.IMPLIED in to_html(report, english, "en")


def test_no_policy_and_one_that_cannot_be_read(office: Office) -> None:
    plain = check(sign(blank_pdf(), office.officer), office.trust())
    assert as_json(plain)["signature_policy"] is None
    assert Check.SIGNATURE_POLICY not in {one.name for one in only(plain).checks}
    given = under_policy(office, sequence(tlv(0x04, b"?")))
    report = check(given.data, given.trust)
    assert as_json(report)["signature_policy"] is None
    assert only(report).signature_ok is True


@pytest.mark.parametrize(("action", "passes"), [(Action.WARN, True), (Action.FAIL, False)])
def test_a_policy_of_ours_weighs_one_of_theirs(
    office: Office, action: Action, *, passes: bool
) -> None:
    weighed = Constraints({"signature_policy_unavailable": action})
    ours = replace(default_policy(), constraints=weighed)
    given = under_policy(office, NAMED_POLICY)
    report = check(given.data, given.trust, policy=ours)
    assert (only(report).sub_indication is None) is passes


def test_time_stamps_over_content_and_value_are_told_apart(office: Office) -> None:
    data = with_content_stamp(office, NOW - 3 * DAY, own=NOW - 2 * DAY)
    report = check(data, office.trust())
    assert only(report).best_signature_time == NOW - 2 * DAY
    stamps = {(one.kind, one.time, one.proven) for one in only(report).timestamps}
    own = ("signature", NOW - 2 * DAY, True)
    assert stamps == {own, ("content", NOW - 3 * DAY, True)}
    assert {one["kind"] for one in as_json(report)["timestamps"]} == {"signature", "content"}
    root = as_xml(report)
    for name, signed in (("AllDataObjectsTimeStamp", "true"), ("SignatureTimeStamp", "false")):
        assert [one.get("Signed") for one in root.iter(f"{NAMESPACE}{name}")] == [signed]
    assert words.CONTENT_STAMP_TIME in to_html(report, english, "en")


def test_a_time_stamp_over_the_content_is_no_proof_that_the_signature_was_there(
    office: Office,
) -> None:
    report = check(with_content_stamp(office, NOW - 3 * DAY), office.trust())
    assert (only(report).best_signature_time, only(report).time_source) == (None, "none")
    assert only(report).level == "B-B"
    assert list(as_xml(report).iter(f"{NAMESPACE}POEProvisioning")) == []


def test_a_time_stamp_over_the_content_by_a_stranger_proves_nothing(office: Office) -> None:
    trust = office.trust(officer=(NOW - 3 * DAY, "keyCompromise"))
    data = with_content_stamp(office, NOW - 2 * DAY)
    without = trust_in(office.root, crls=trust.revocation.crls[1:])
    for given, expected in ((trust, "REVOKED"), (without, "REVOKED_NO_POE")):
        report = check(data, given)
        assert only(report).sub_indication == expected
    assert "timestamp_unproven" in {found.code for found in only(report).warnings}


def test_a_time_stamp_over_the_content_by_another_digest_proves_nothing(office: Office) -> None:
    def restamp(der: bytes) -> bytes:
        token = make_token(office.tsa, bytes(64), NOW - DAY, "sha512")
        shape = CmsShape(signed=(("1.2.840.113549.1.9.16.2.20", token),))
        return make_cms(office.officer, signed_digest(der), shape)

    report = check(replace_cms(sign(blank_pdf(), office.officer), restamp), office.trust())
    assert only(report).sub_indication is None
    assert [found.code for found in only(report).warnings] == ["timestamp_unproven"]
    assert "sha512" in only(report).warnings[0].detail


def test_revocation_data_are_wanted_for_whoever_stamped_the_content(office: Office) -> None:
    data = with_content_stamp(office, NOW - 3 * DAY)
    assert office.tsa.der in certificates_in(MemorySource(data))


def test_the_earliest_of_several_time_stamps_counts(office: Office) -> None:
    second = make_tsa(office.root, "Second Time-Stamping")

    def add(der: bytes) -> bytes:
        value = hashlib.sha256(value_of(der)).digest()
        stamps = [(office.tsa, 2), (second, 4), (office.tsa, 3)]
        return add_unsigned(der, *(make_token(t, value, NOW - n * DAY) for t, n in stamps))

    report = check(replace_cms(sign(blank_pdf(), office.officer), add), office.trust())
    assert only(report).sub_indication is None
    assert only(report).best_signature_time == NOW - 4 * DAY
    assert len(only(report).timestamps) == 3


def test_a_token_signed_by_a_weak_digest_proves_nothing(office: Office) -> None:
    """Its imprint may be strong: whoever can forge the statement can name any time."""
    tsa = make_tsa(office.root, kind="rsa2048")

    def add(der: bytes) -> bytes:
        value = hashlib.sha256(value_of(der)).digest()
        return add_unsigned(der, make_token(tsa, value, NOW - DAY, shape=CmsShape(digest="sha1")))

    report = check(replace_cms(sign(blank_pdf(), office.officer), add), office.trust())
    assert only(report).best_signature_time is None
    assert [found.code for found in only(report).warnings] == ["timestamp_unproven"]
    assert "sha1" in only(report).warnings[0].detail


@pytest.mark.parametrize(
    ("oid", "name"),
    [("1.2.840.113549.1.9.6", "countersignature"), ("0.4.0.1733.2.4", "archive-time-stamp-v3")],
)
def test_what_nobody_judges_is_told(office: Office, oid: str, name: str) -> None:
    """A counter-signature, or an archive time-stamp inside the CMS, counts for nothing."""

    def add(der: bytes) -> bytes:
        shape = CmsShape(unsigned=((oid, sequence(tlv(0x04, b"whatever"))),))
        return make_cms(office.officer, signed_digest(der), shape)

    report = check(replace_cms(sign(blank_pdf(), office.officer), add), office.trust())
    assert only(report).sub_indication is None
    (told,) = only(report).warnings
    assert (told.code, name in told.detail) == ("attribute_not_judged", True)
