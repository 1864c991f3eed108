"""Every sub-indication of EN 319 102-1 that can occur, each by a real file, PKI, time and policy.

docs/verifier.md lists them for readers; the last tests hold the page, this table and the code
against each other.
"""

import ast
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from antin.pki.cms_attributes import CONTENT_TIMESTAMP, SIGNATURE_TIMESTAMP
from antin.pki.cms_read import parse_signature
from antin.pki.der_read import Cursor, content_of
from antin.pki.der_write import oid, sequence, tlv
from antin.pki.revocation import RevocationData
from antin.pki.signature_policy import SIGNATURE_POLICY
from antin.pki.trust import TrustAnchor, TrustMaterial
from antin.verifier.policy import AlgorithmFloor, Policy, default_policy
from antin.verifier.report import Indication, Severity
from antin.verifier.sub_indications import INDICATIONS
from tests.signedpdf import (
    FixedTimeStamper,
    add_page,
    add_store,
    blank_pdf,
    check,
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

ROOT = Path(__file__).parents[3]
PASSED = None
SHA256 = oid("2.16.840.1.101.3.4.2.1")
URI = "http://policies.invalid/office.pdf"
NAMED_POLICY = sequence(
    oid("1.3.6.1.4.1.99999.7"),
    sequence(sequence(SHA256), tlv(0x04, hashlib.sha256(b"the policy").digest())),
    sequence(sequence(oid("1.2.840.113549.1.9.16.5.1"), tlv(0x16, URI.encode()))),
)
BEFORE_2014 = datetime(2013, 6, 1, tzinfo=UTC)
"""When RSA-1024 was still believed."""


@dataclass(frozen=True)
class Given:
    """What is verified, and which of its signatures the case is about."""

    data: bytes
    trust: TrustMaterial
    at: datetime = NOW
    policy: Policy | None = None
    position: int = 0


@dataclass(frozen=True)
class Case:
    """A file that must get this sub-indication, explained by these findings."""

    sub_indication: str | None
    codes: frozenset[str]
    make: Callable[[Office], Given]


CASES: list[Case] = []
Make = Callable[[Office], Given]


def case(sub_indication: str | None, *codes: str) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        CASES.append(Case(sub_indication, frozenset(codes), make))
        return make

    return register


# --- Revocation ------------------------------------------------------------------------------


@case("REVOKED", "path_revoked")
def revoked_before_the_signature_was_made(office: Office) -> Given:
    """It signs a time-stamp along, so it is younger than that, and so than the revocation."""
    data = sign(stamp(blank_pdf(), office.stamper(NOW - DAY)), office.officer)
    return Given(data, office.trust(officer=(NOW - 3 * DAY, "keyCompromise")), position=1)


@case("REVOKED", "path_revoked")
def revoked_and_expired_before_the_signature_was_made(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_after=NOW - 2 * DAY)
    entry = {officer.certificate.serial_number: (NOW - 5 * DAY, "keyCompromise")}
    crls = (office.root.crl(NOW - DAY), office.ca.crl(NOW - 3 * DAY, revoked=entry))
    data = sign(stamp(blank_pdf(), office.stamper(NOW - DAY)), officer)
    return Given(data, trust_in(office.root, crls=crls), position=1)


@case("REVOKED_NO_POE", "path_revoked")
def revoked_and_no_time_stamp(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer)
    return Given(data, office.trust(officer=(NOW - 3 * DAY, "keyCompromise")))


@case("REVOKED_NO_POE", "path_revoked")
def revoked_long_ago_by_a_crl_that_has_grown_old(office: Office) -> Given:
    """A revocation for good needs no fresh list."""
    entry = {office.officer.certificate.serial_number: (NOW - 90 * DAY, "keyCompromise")}
    old = office.ca.crl(NOW - 80 * DAY, NOW - 70 * DAY, revoked=entry)
    data = sign(blank_pdf(), office.officer)
    return Given(data, trust_in(office.root, crls=(office.root.crl(NOW - DAY), old)))


@case("REVOKED_NO_POE", "path_revoked")
def revoked_before_the_time_stamp_for_a_compromised_key(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY))
    return Given(data, office.trust(officer=(NOW - 3 * DAY, "keyCompromise")))


@case("REVOKED_NO_POE", "path_revoked")
def revoked_before_the_time_stamp_as_superseded(office: Office) -> Given:
    """The standard asks for no reason: whoever superseded it wanted it to be used no more."""
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY))
    return Given(data, office.trust(officer=(NOW - 3 * DAY, "superseded")))


@case(PASSED)
def revoked_after_the_time_stamp_for_a_compromised_key(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 3 * DAY))
    return Given(data, office.trust(officer=(NOW - 2 * DAY, "keyCompromise")))


@case(PASSED)
def revoked_after_the_time_stamp_as_superseded(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 3 * DAY))
    return Given(data, office.trust(officer=(NOW - 2 * DAY, "superseded")))


@case("TRY_LATER", "path_suspended")
def suspended(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer)
    return Given(data, office.trust(officer=(NOW - 3 * DAY, "certificateHold")))


@case(PASSED)
def suspended_and_back_again(office: Office) -> Given:
    held = office.trust(NOW - 3 * DAY, officer=(NOW - 4 * DAY, "certificateHold"))
    fresh = RevocationData(office.crls(NOW - DAY))
    return Given(sign(blank_pdf(), office.officer), held.with_revocation(fresh))


@case("TRY_LATER", "path_suspended")
def authority_suspended(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer)
    return Given(data, office.trust(ca=(NOW - 3 * DAY, "certificateHold")))


@case("REVOKED_CA_NO_POE", "path_revoked")
def authority_revoked(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer)
    return Given(data, office.trust(ca=(NOW - 3 * DAY, "cACompromise")))


@case("REVOKED_CA_NO_POE", "path_revoked")
def authority_revoked_before_the_time_stamp(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY))
    return Given(data, office.trust(ca=(NOW - 3 * DAY, "cACompromise")))


@case("NO_POE", "path_unproven")
def authority_revoked_later_and_its_list_without_proof_of_age(office: Office) -> Given:
    """Whoever took the authority's key away can make lists of any date."""
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 3 * DAY))
    return Given(data, office.trust(ca=(NOW - 2 * DAY, "cACompromise")))


@case("NO_POE", "path_unproven")
def authority_revoked_later_and_a_responders_answer_without_proof_of_age(office: Office) -> Given:
    responder = make_responder(office.ca)
    good = office.ca.ocsp(office.officer, NOW - 3 * DAY, NOW + DAY, responder=responder)
    root_crl = office.crls(NOW - DAY, ca=(NOW - 2 * DAY, "cACompromise"))[0]
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 3 * DAY))
    return Given(data, trust_in(office.root, crls=(root_crl,), ocsps=(good,)))


@case(PASSED)
def authority_revoked_after_its_list_was_archived(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 5 * DAY))
    data = add_store(data, [office.ca.der], [office.ca.crl(NOW - 5 * DAY)])
    data = stamp(data, office.stamper(NOW - 4 * DAY))
    root_crl = office.crls(NOW - DAY, ca=(NOW - 2 * DAY, "cACompromise"))[0]
    return Given(data, trust_in(office.root, crls=(root_crl,)))


def _three_tiers(*, archived: bool) -> Given:
    """A middle authority that was revoked later; the one below it is in the file, or supplied."""
    root = make_root()
    upper = root.issue("Specimen Upper CA", ca=True)
    lower = upper.issue("Specimen Lower CA", ca=True)
    officer, tsa = lower.issue("Nguyễn Văn A"), make_tsa(root)
    bare = Holder(officer.key, officer.certificate)
    data = sign(blank_pdf(), bare, stamped=FixedTimeStamper(tsa, NOW - 5 * DAY))
    lists = [upper.crl(NOW - 5 * DAY), lower.crl(NOW - 5 * DAY)]
    data = add_store(data, [lower.der, upper.der] if archived else [], lists)
    data = stamp(data, FixedTimeStamper(tsa, NOW - 4 * DAY))
    entry = {upper.certificate.serial_number: (NOW - 2 * DAY, "cACompromise")}
    revocation = RevocationData((root.crl(NOW - DAY, revoked=entry),))
    supplied = (upper.der, lower.der)
    return Given(data, TrustMaterial((TrustAnchor(root.der),), supplied, revocation))


@case("NO_POE", "path_unproven")
def authority_below_a_revoked_one_without_proof_of_age(office: Office) -> Given:
    """What vouches for the signer may have been made with the key that was taken away."""
    assert office
    return _three_tiers(archived=False)


@case(PASSED)
def authority_below_a_revoked_one_that_was_archived_before(office: Office) -> Given:
    assert office
    return _three_tiers(archived=True)


@case("TRY_LATER", "revocation_undetermined")
def no_revocation_data(office: Office) -> Given:
    return Given(sign(blank_pdf(), office.officer), trust_in(office.root))


@case("TRY_LATER", "revocation_undetermined")
def lists_that_are_too_old(office: Office) -> Given:
    return Given(sign(blank_pdf(), office.officer), office.trust(NOW - YEAR))


@case("TRY_LATER", "revocation_undetermined")
def lists_from_after_the_time_of_checking(office: Office) -> Given:
    return Given(sign(blank_pdf(), office.officer), office.trust(NOW + DAY))


@case("TRY_LATER", "revocation_undetermined")
def answer_from_before_the_proven_time_that_had_ended_by_then(office: Office) -> Given:
    """It was good when it was given; what happened until the signature, it can't know."""
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY))
    early = office.ca.ocsp(office.officer, NOW - 9 * DAY, NOW - 3 * DAY)
    crls = (office.crls(NOW - DAY)[0],)
    return Given(data, trust_in(office.root, crls=crls, ocsps=(early,)))


@case(PASSED)
def answer_from_before_the_proven_time_that_still_counted(office: Office) -> Given:
    """§5.2.5 without a maximum age: it is fresh until its next update."""
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - 2 * DAY))
    early = office.ca.ocsp(office.officer, NOW - 3 * DAY, NOW - DAY)
    crls = (office.crls(NOW - DAY)[0],)
    return Given(data, trust_in(office.root, crls=crls, ocsps=(early,)))


@case("TRY_LATER", "revocation_undetermined")
def answer_of_a_responder_without_the_right_usage(office: Office) -> Given:
    usage = ExtendedKeyUsageOID.CLIENT_AUTH
    responder = office.ca.issue("Specimen OCSP", extended=(usage,), no_check=True)
    return _answered_by(office, responder)


@case("TRY_LATER", "revocation_undetermined")
def answer_of_a_responder_that_was_revoked_before(office: Office) -> Given:
    responder = make_responder(office.ca, no_check=False)
    about_it = office.ca.ocsp(responder, NOW - DAY, NOW + DAY, NOW - 9 * DAY)
    return _answered_by(office, responder, about_it)


@case("NO_POE", "path_unproven")
def answer_of_a_responder_that_was_revoked_since(office: Office) -> Given:
    responder = make_responder(office.ca, no_check=False)
    about_it = office.ca.ocsp(responder, NOW - DAY, NOW + DAY, NOW - DAY)
    return _answered_by(office, responder, about_it)


@case(PASSED)
def answer_of_a_responder_that_is_good(office: Office) -> Given:
    responder = make_responder(office.ca, no_check=False)
    return _answered_by(office, responder, office.ca.ocsp(responder, NOW - DAY, NOW + DAY))


@case("REVOCATION_OUT_OF_BOUNDS_NO_POE", "revocation_undetermined")
def answer_of_a_responder_that_has_expired(office: Office) -> Given:
    return _answered_by(office, make_responder(office.ca, not_after=NOW - DAY))


def _answered_by(office: Office, responder: Holder, *more: bytes) -> Given:
    told = office.ca.ocsp(office.officer, NOW - 2 * DAY, NOW + DAY, responder=responder)
    crls = (office.crls(NOW - DAY)[0],)
    trust = trust_in(office.root, crls=crls, ocsps=(told, *more))
    return Given(sign(blank_pdf(), office.officer), trust)


# --- Validity in time ------------------------------------------------------------------------


@case("EXPIRED", "path_expired")
def expired_before_the_signature_was_made(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_after=NOW - 5 * DAY)
    data = sign(stamp(blank_pdf(), office.stamper(NOW - DAY)), officer)
    return Given(data, office.trust(), position=1)


@case("OUT_OF_BOUNDS_NO_POE", "path_expired")
def expired_without_time_stamp(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer)
    return Given(data, office.trust(NOW + 2 * YEAR - DAY), NOW + 2 * YEAR)


@case("OUT_OF_BOUNDS_NO_POE", "path_expired")
def authority_expired_without_time_stamp(office: Office) -> Given:
    ca = office.root.issue("Short CA", ca=True, not_after=NOW - DAY)
    crls = (office.root.crl(NOW - 2 * DAY), ca.crl(NOW - 2 * DAY))
    return Given(sign(blank_pdf(), ca.issue("Trần Thị B")), trust_in(office.root, crls=crls))


@case("OUT_OF_BOUNDS_NOT_REVOKED", "path_expired")
def expired_without_time_stamp_but_never_revoked(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_after=NOW - DAY)
    return Given(sign(blank_pdf(), officer), office.trust(NOW - 2 * DAY))


@case("OUT_OF_BOUNDS_NOT_REVOKED", "path_not_yet_valid")
def checked_by_a_clock_before_the_certificate(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_before=NOW + DAY)
    return Given(sign(blank_pdf(), officer), office.trust())


@case("NOT_YET_VALID", "path_not_yet_valid")
def proven_to_be_older_than_its_certificate(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_before=NOW - 2 * DAY)
    data = sign(blank_pdf(), officer, stamped=office.stamper(NOW - 3 * DAY))
    return Given(data, office.trust())


@case("OUT_OF_BOUNDS_NOT_REVOKED", "path_not_yet_valid")
def older_than_its_certificate_by_what_clocks_differ_by(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_before=NOW - 3 * DAY + DAY / 1440)
    data = sign(blank_pdf(), officer, stamped=office.stamper(NOW - 3 * DAY))
    return Given(data, office.trust())


@case(PASSED)
def expired_after_the_time_stamp(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_after=NOW - DAY)
    data = sign(blank_pdf(), officer, stamped=office.stamper(NOW - 2 * DAY))
    return Given(data, office.trust(NOW - 2 * DAY))


@case("TRY_LATER", "revocation_undetermined")
def expired_after_the_time_stamp_and_lists_that_no_longer_tell(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", not_after=NOW - DAY)
    data = sign(blank_pdf(), officer, stamped=office.stamper(NOW - 2 * DAY))
    return Given(data, office.trust(NOW))


# --- Time-stamps -----------------------------------------------------------------------------


@case("TIMESTAMP_ORDER_FAILURE", "timestamp_order")
def time_stamps_in_the_wrong_order(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW - DAY))
    return Given(stamp(data, office.stamper(NOW - 5 * DAY)), office.trust(NOW))


@case("TIMESTAMP_ORDER_FAILURE", "timestamp_in_future")
def checked_by_a_clock_before_the_time_stamp(office: Office) -> Given:
    data = stamp(sign(blank_pdf(), office.officer), office.stamper(NOW + 2 * DAY))
    return Given(data, office.trust(), position=1)


@case("TIMESTAMP_ORDER_FAILURE", "timestamp_order")
def time_stamp_of_the_value_from_before_one_that_was_signed_along(office: Office) -> Given:
    """Its own time-stamp says that it was there before something that it signs."""
    data = stamp(blank_pdf(), office.stamper(NOW - 2 * DAY))
    data = sign(data, office.officer, stamped=office.stamper(NOW - 5 * DAY))
    return Given(data, office.trust(), position=1)


def with_content_stamp(
    office: Office,
    at: datetime,
    *,
    own: datetime | None = None,
    of: bytes | None = None,
    base: bytes | None = None,
) -> bytes:
    """Return a signature that signs a time-stamp over its content, of ``at``, along."""

    def restamp(der: bytes) -> bytes:
        token = make_token(office.tsa, of or signed_digest(der), at)
        shape = CmsShape(signed=((CONTENT_TIMESTAMP, token),))
        if own is None:
            return make_cms(office.officer, signed_digest(der), shape)
        bare = make_cms(office.officer, signed_digest(der), shape)
        value = hashlib.sha256(parse_signature(bare).signature).digest()
        return add_unsigned(bare, make_token(office.tsa, value, own))

    return replace_cms(sign(base or blank_pdf(), office.officer), restamp)


def add_unsigned(der: bytes, *tokens: bytes) -> bytes:
    """Return the CMS, which has no unsigned attributes yet, with signature time-stamps in them."""
    attribute = sequence(oid(SIGNATURE_TIMESTAMP), tlv(0x31, *tokens))
    return _grown(der, 4, tlv(0xA1, attribute))


def _grown(der: bytes, depth: int, more: bytes) -> bytes:
    """Return ``der`` with ``more`` behind the last value of its last value of … (``depth``)."""
    if depth == 0:
        return tlv(der[0], content_of(der), more)
    cursor, values = Cursor(content_of(der), "cms_malformed"), list[bytes]()
    while cursor:
        values.append(cursor.raw())
    return tlv(der[0], *values[:-1], _grown(values[-1], depth - 1, more))


@case("REVOKED", "path_revoked")
def revoked_before_a_time_stamp_over_the_content(office: Office) -> Given:
    """§5.3: what is signed along is older than the signature, so is the revocation."""
    trust = office.trust(officer=(NOW - 3 * DAY, "keyCompromise"))
    return Given(with_content_stamp(office, NOW - 2 * DAY), trust)


@case("REVOKED", "path_revoked")
def revoked_before_the_latest_time_stamp_that_was_signed_along(office: Office) -> Given:
    base = stamp(blank_pdf(), office.stamper(NOW - DAY))
    trust = office.trust(officer=(NOW - 2 * DAY, "keyCompromise"))
    return Given(with_content_stamp(office, NOW - 3 * DAY, base=base), trust, position=1)


@case("REVOKED_NO_POE", "path_revoked")
def revoked_after_a_time_stamp_over_the_content(office: Office) -> Given:
    trust = office.trust(officer=(NOW - 2 * DAY, "keyCompromise"))
    return Given(with_content_stamp(office, NOW - 3 * DAY), trust)


@case(PASSED)
def time_stamps_over_the_content_and_then_over_the_value(office: Office) -> Given:
    return Given(with_content_stamp(office, NOW - 3 * DAY, own=NOW - 2 * DAY), office.trust())


@case("TIMESTAMP_ORDER_FAILURE", "timestamp_order")
def time_stamp_of_the_value_from_before_that_of_the_content(office: Office) -> Given:
    return Given(with_content_stamp(office, NOW - 2 * DAY, own=NOW - 3 * DAY), office.trust())


@case("SIG_CONSTRAINTS_FAILURE", "timestamp_wrong_content")
def time_stamp_of_another_content(office: Office) -> Given:
    other = hashlib.sha256(b"another letter").digest()
    return Given(with_content_stamp(office, NOW - 2 * DAY, of=other), office.trust())


@case("SIG_CONSTRAINTS_FAILURE", "timestamp_wrong_content")
def one_of_several_time_stamps_copied_from_elsewhere(office: Office) -> Given:
    def add(der: bytes) -> bytes:
        good = hashlib.sha256(parse_signature(der).signature).digest()
        digests = (good, hashlib.sha256(b"another value").digest(), good)
        return add_unsigned(der, *(make_token(office.tsa, d, NOW - DAY) for d in digests))

    return Given(replace_cms(sign(blank_pdf(), office.officer), add), office.trust())


@case("SIG_CONSTRAINTS_FAILURE", "timestamp_wrong_content")
def time_stamp_copied_from_elsewhere(office: Office) -> Given:
    elsewhere = hashlib.sha256(b"another signature value").digest()
    copied = office.stamper(NOW - 2 * DAY, digest=elsewhere)
    return Given(sign(blank_pdf(), office.officer, stamped=copied), office.trust())


def _long_term(office: Office) -> bytes:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW))
    return stamp(add_store(data, [office.ca.der], office.crls(NOW)), office.stamper(NOW + DAY))


LONG_AFTER = NOW + 200 * DAY


@case("TRY_LATER", "revocation_undetermined")
def last_time_stamp_whose_authority_nobody_tells_of(office: Office) -> Given:
    """Its key could have been taken away since: the standard wants its status as of today."""
    return Given(_long_term(office), trust_in(office.root), LONG_AFTER, position=1)


@case(PASSED)
def last_time_stamp_whose_authority_is_good_today(office: Office) -> Given:
    trust = trust_in(office.root, crls=(office.root.crl(LONG_AFTER - DAY),))
    return Given(_long_term(office), trust, LONG_AFTER, position=1)


@case(PASSED)
def last_time_stamp_under_a_policy_that_does_not_ask(office: Office) -> Given:
    policy = default_policy()
    mild = replace(policy, revocation=replace(policy.revocation, timestamps=False))
    return Given(_long_term(office), trust_in(office.root), LONG_AFTER, mild, position=1)


# --- Algorithms ------------------------------------------------------------------------------


def _old(kind: str = "rsa2048", digest: str = "sha256") -> tuple[Holder, Holder, Holder]:
    """Return a root, an officer and a time-stamping authority from before 2012, valid today."""
    since: dict[str, Any] = {"not_before": NOW - 15 * YEAR, "not_after": NOW + 5 * YEAR}
    root = make_root(**since)
    return (
        root,
        root.issue("Trần Thị B", kind=kind, digest=digest, **since),
        make_tsa(root, **since),
    )


@case("CRYPTO_CONSTRAINTS_FAILURE", "algorithm_weak")
def sha1_since_it_was_broken(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", kind="rsa2048")
    return Given(sign(blank_pdf(), officer, digest="sha1"), office.trust())


@case("CRYPTO_CONSTRAINTS_FAILURE", "algorithm_weak", "path_weak")
def rsa_1024_since_it_was_too_short(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", kind="rsa1024")
    return Given(sign(blank_pdf(), officer), office.trust())


@case("CRYPTO_CONSTRAINTS_FAILURE", "path_weak")
def certificate_signed_with_sha1_since_it_was_broken(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", digest="sha1")
    return Given(sign(blank_pdf(), officer), office.trust())


@case("CRYPTO_CONSTRAINTS_FAILURE", "algorithm_weak")
def key_shorter_than_the_policy_wants(office: Office) -> Given:
    """Nobody says until when it was long enough, so no proof of age can help."""
    officer = office.ca.issue("Trần Thị B", kind="rsa2048")
    floor = AlgorithmFloor(frozenset({"sha256"}), rsa_bits=3072, ec_bits=256)
    data = sign(blank_pdf(), officer, stamped=office.stamper(NOW - 2 * DAY))
    return Given(data, office.trust(), policy=replace(default_policy(), algorithms=floor))


@case("CRYPTO_CONSTRAINTS_FAILURE", "algorithm_unsupported")
def algorithm_that_nobody_knows(office: Office) -> Given:
    def rename(der: bytes) -> bytes:
        made = make_cms(office.officer, signed_digest(der), CmsShape(certificates=()))
        return made.replace(bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040363"))

    return Given(replace_cms(sign(blank_pdf(), office.officer), rename), office.trust())


@case("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm_weak", "path_weak")
def rsa_1024_that_may_be_old(office: Office) -> Given:
    assert office
    root, officer, _ = _old("rsa1024")
    return Given(sign(blank_pdf(), officer), trust_in(root, crls=(root.crl(NOW - DAY),)))


@case("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm_weak")
def sha1_that_may_be_old(office: Office) -> Given:
    assert office
    root, officer, _ = _old()
    data = sign(blank_pdf(), officer, digest="sha1")
    return Given(data, trust_in(root, crls=(root.crl(NOW - DAY),)))


@case("CRYPTO_CONSTRAINTS_FAILURE", "algorithm_weak", "path_weak")
def rsa_1024_that_signs_a_time_stamp_from_when_it_was_too_short(office: Office) -> Given:
    assert office
    root, officer, tsa = _old("rsa1024")
    data = sign(stamp(blank_pdf(), FixedTimeStamper(tsa, NOW - YEAR)), officer)
    return Given(data, trust_in(root, crls=(root.crl(NOW - DAY),)), position=1)


@case(PASSED)
def rsa_1024_that_a_time_stamp_proves_to_be_old(office: Office) -> Given:
    """Past signature validation, §5.6.2.4: it was there while it was long enough."""
    assert office
    root, officer, tsa = _old("rsa1024")
    data = sign(blank_pdf(), officer, stamped=FixedTimeStamper(tsa, BEFORE_2014))
    return Given(data, trust_in(root, crls=(root.crl(NOW - DAY),)))


@case("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm_weak", "path_weak")
def rsa_1024_whose_time_stamp_is_too_young(office: Office) -> Given:
    assert office
    root, officer, tsa = _old("rsa1024")
    data = sign(blank_pdf(), officer, stamped=FixedTimeStamper(tsa, NOW - 2 * YEAR))
    return Given(data, trust_in(root, crls=(root.crl(NOW - DAY),)))


@case(PASSED)
def sha1_that_a_time_stamp_proves_to_be_old(office: Office) -> Given:
    assert office
    root, officer, tsa = _old(digest="sha1")
    then = NOW - 15 * YEAR + DAY
    data = stamp(sign(blank_pdf(), officer, digest="sha1"), FixedTimeStamper(tsa, then))
    return Given(data, trust_in(root, crls=(root.crl(NOW - DAY),)))


# --- Certificates ----------------------------------------------------------------------------


@case("NO_CERTIFICATE_CHAIN_FOUND", "path_not_found")
def authority_that_nobody_trusts(office: Office) -> Given:
    return Given(sign(blank_pdf(), office.officer), trust_in(make_root("Somebody else")))


@case("CHAIN_CONSTRAINTS_FAILURE", "path_purpose")
def key_that_is_not_for_signing(office: Office) -> Given:
    officer = office.ca.issue("Trần Thị B", usages=("key_encipherment",))
    return Given(sign(blank_pdf(), officer), office.trust())


@case("CERTIFICATE_CHAIN_GENERAL_FAILURE", "path_invalid")
def certified_by_somebody_who_is_no_authority(office: Office) -> Given:
    return Given(sign(blank_pdf(), office.officer.issue("Trần Thị B")), office.trust())


@case("CERTIFICATE_CHAIN_GENERAL_FAILURE", "path_too_complex")
def path_that_would_take_too_long(office: Office) -> Given:
    named = [x509.PolicyInformation(x509.ObjectIdentifier(f"1.2.3.{n}"), None) for n in range(700)]
    # Who makes no demand on policies is not held up by their number.
    demand = x509.PolicyConstraints(require_explicit_policy=5, inhibit_policy_mapping=None)
    policies = ((x509.CertificatePolicies(named), False), (demand, True))
    officer = office.ca.issue("Trần Thị B", more=policies)
    return Given(sign(blank_pdf(), officer), office.trust())


@case("NO_SIGNING_CERTIFICATE_FOUND", "signer_certificate_missing")
def certificate_left_out(office: Office) -> Given:
    def strip(der: bytes) -> bytes:
        shape = CmsShape(certificates=office.officer.chain)
        return make_cms(office.officer, signed_digest(der), shape)

    return Given(replace_cms(sign(blank_pdf(), office.officer), strip), office.trust())


@case("NO_SIGNING_CERTIFICATE_FOUND", "signer_certificate_mismatch")
def certificate_exchanged_for_another_of_the_same_key(office: Office) -> Given:
    other = office.ca.issue("Trần Thị B", key=office.officer.key)

    def swap(der: bytes) -> bytes:
        return make_cms(other, signed_digest(der), CmsShape(ess=office.officer.der))

    return Given(replace_cms(sign(blank_pdf(), office.officer), swap), office.trust())


@case(PASSED)
def certificate_behind_another_of_the_same_issuer_and_number(office: Office) -> Given:
    """The one that signing-certificate names by its digest counts, wherever it lies."""

    def crowd(der: bytes) -> bytes:
        ders = (*_namesakes(office), office.officer.der, *office.officer.chain)
        return make_cms(office.officer, signed_digest(der), CmsShape(certificates=ders))

    return Given(replace_cms(sign(blank_pdf(), office.officer), crowd), office.trust())


def _namesakes(office: Office) -> list[bytes]:
    """Return certificates of the officer's issuer and number, by an authority of that name.

    One is shorter than the officer's and lies before it, one is longer and lies behind.
    """
    serial = office.officer.certificate.serial_number
    names = ("F", "Forger" * 9)
    return [make_root("Specimen CA").issue(name, serial=serial).der for name in names]


@case("SIG_CONSTRAINTS_FAILURE", "signer_certificate_unprotected")
def certificate_that_is_not_bound(office: Office) -> Given:
    def unbind(der: bytes) -> bytes:
        return make_cms(office.officer, signed_digest(der), CmsShape(ess=False))

    return Given(replace_cms(sign(blank_pdf(), office.officer), unbind), office.trust())


# --- Signature policies ----------------------------------------------------------------------


def under_policy(office: Office, value: bytes) -> Given:
    """Return a signature with ``value`` in the signed attribute that names its policy."""

    def name(der: bytes) -> bytes:
        shape = CmsShape(signed=((SIGNATURE_POLICY, value),))
        return make_cms(office.officer, signed_digest(der), shape)

    return Given(replace_cms(sign(blank_pdf(), office.officer), name), office.trust())


@case("SIGNATURE_POLICY_NOT_AVAILABLE", "signature_policy_unavailable")
def policy_whose_rules_are_not_known(office: Office) -> Given:
    return under_policy(office, NAMED_POLICY)


@case("POLICY_PROCESSING_ERROR", "signature_policy_malformed")
def policy_that_cannot_be_read(office: Office) -> Given:
    return under_policy(office, sequence(tlv(0x04, b"whatever")))


@case("POLICY_PROCESSING_ERROR", "signature_policy_malformed")
def policy_named_by_a_digest_that_nobody_knows(office: Office) -> Given:
    return under_policy(office, NAMED_POLICY.replace(SHA256, SHA256[:-1] + b"\x63"))


@case(PASSED)
def policy_that_is_said_to_be_implied(office: Office) -> Given:
    return under_policy(office, tlv(0x05, b""))


# --- The file --------------------------------------------------------------------------------


@case("HASH_FAILURE", "digest_wrong", "attack_signed_bytes")
def page_altered(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer)
    return Given(data.replace(b"Specimen letter", b"Specimen Letter"), office.trust())


@case("SIG_CRYPTO_FAILURE", "signature_value_mismatch")
def value_of_another_key(office: Office) -> Given:
    other = office.root.issue("Forger").key
    forger = Holder(other, office.officer.certificate, office.officer.chain)
    data = sign(blank_pdf(), office.officer)
    return Given(
        replace_cms(data, lambda der: make_cms(forger, signed_digest(der))), office.trust()
    )


@case("FORMAT_FAILURE", "signature_malformed", "attack_signature_forgery")
def container_that_is_none(office: Office) -> Given:
    data = sign(blank_pdf(), office.officer)
    return Given(replace_cms(data, lambda _: b"\x30\x03\x02\x01\x01"), office.trust())


@case("FORMAT_FAILURE", "page_added", "attack_pages_rearranged")
def page_added(office: Office) -> Given:
    return Given(add_page(sign(blank_pdf(), office.officer)), office.trust())


@case("SIGNED_DATA_NOT_FOUND")
def update_that_can_be_read_in_two_ways(office: Office) -> Given:
    """What the signer saw can't be told apart from what came later; the changes say why."""
    data = add_store(sign(blank_pdf(), office.officer), [office.ca.der])
    head, keyword, tail = data.rpartition(b"\nxref\n")
    between = b"\n110 0 obj\n<</Type/Catalog/Pages 111 0 R>>\nendobj"
    at = len(head) + len(between) + 1
    table = tail[: tail.rindex(b"startxref")]
    data = b"%b%b%b%bstartxref\n%d\n%%%%EOF\n" % (head, between, keyword, table, at)
    return Given(data, office.trust())


# --- The table, the page and the code --------------------------------------------------------


@pytest.mark.parametrize("one", CASES, ids=[case.make.__name__ for case in CASES])
def test_sub_indication(office: Office, one: Case) -> None:
    given = one.make(office)
    report = check(given.data, given.trust, given.at, given.policy)
    told = report.signatures[given.position]
    codes = frozenset(f.code for f in told.findings if f.severity is Severity.ERROR)
    assert (told.sub_indication, codes) == (one.sub_indication, one.codes), report.why_not()
    expected = INDICATIONS[one.sub_indication] if one.sub_indication else Indication.PASSED
    assert told.indication is expected


def occurring() -> set[str]:
    return {one.sub_indication for one in CASES if one.sub_indication is not None}


def test_the_code_gives_those_of_the_table_and_no_other() -> None:
    words: set[str] = set()
    for path in (ROOT / "src" / "antin" / "verifier").rglob("*.py"):
        if path.parent.name == "writers" or path.name == "sub_indications.py":
            continue
        constants = (
            n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant)
        )
        words |= {str(one.value) for one in constants if one.value in INDICATIONS}
    assert words == occurring()


def test_the_page_lists_them_all() -> None:
    page = (ROOT / "docs" / "verifier.md").read_text()
    section = page.split("## Sub-indications", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([A-Z-]+|–) \|", section, re.MULTILINE)
    listed = dict(rows)
    assert len(listed) == len(rows)
    expected = {name: str(INDICATIONS[name]) for name in occurring()}
    assert listed == {name: expected.get(name, "–") for name in INDICATIONS}
