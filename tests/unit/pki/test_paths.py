"""Paths: who is good for what, when; and what stands in the way."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from antin.core.errors import InputError, RefusedError
from antin.pki import certificates, chain_building, path_constraints
from antin.pki.certificates import Certificate, load_certificate, signed_by
from antin.pki.chain_building import MAX_PATH, build_paths, pool_of
from antin.pki.path_verdicts import PathOutcome, PathVerdict
from antin.pki.paths import Purpose, judge, material
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial
from tests.smallpki import DAY, NOW, YEAR, Holder, certify, make_root, make_tsa


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


@pytest.fixture(scope="module")
def ca(root: Holder) -> Holder:
    return root.issue("Specimen CA", ca=True)


def trust(root: Holder, *issuers: Holder, purposes: frozenset[str] | None = None) -> TrustMaterial:
    """Return trust in ``root`` with fresh CRLs of it and of ``issuers``."""
    anchor = TrustAnchor(root.der, purposes or frozenset({"sign", "time-stamp"}))
    crls = tuple(one.crl(NOW - DAY) for one in (root, *issuers))
    return TrustMaterial((anchor,), tuple(i.der for i in issuers), RevocationData(crls=crls))


def outcome(
    holder: Holder, given: TrustMaterial, purpose: Purpose = "sign", at: datetime = NOW
) -> PathVerdict:
    return judge(load_certificate(holder.der), purpose, at, material(given, at))


def test_valid_path(root: Holder, ca: Holder) -> None:
    found = outcome(ca.issue("Nguyễn Văn A"), trust(root, ca))
    assert found.outcome is PathOutcome.VALID
    assert [one.subject for one in found.path] == [
        "CN=Nguyễn Văn A",
        "CN=Specimen CA",
        "CN=Specimen Root",
    ]
    found.raise_if_not_valid()


@pytest.mark.parametrize(
    ("options", "expected", "code"),
    [
        ({"not_after": NOW - DAY}, PathOutcome.EXPIRED, "certificate_expired"),
        ({"not_before": NOW + DAY}, PathOutcome.NOT_YET_VALID, "certificate_not_yet_valid"),
        ({"usages": ("key_encipherment",)}, PathOutcome.PURPOSE, "certificate_purpose"),
        (
            {"extended": (ExtendedKeyUsageOID.SERVER_AUTH,)},
            PathOutcome.PURPOSE,
            "certificate_purpose",
        ),
        ({"kind": "rsa1024"}, PathOutcome.WEAK, "algorithm_forbidden"),
        ({"digest": "sha1"}, PathOutcome.WEAK, "algorithm_forbidden"),
        ({"kind": "p192"}, PathOutcome.WEAK, "algorithm_forbidden"),
    ],
    ids=["expired", "early", "key-usage", "extended", "rsa1024", "sha1", "p192"],
)
def test_what_is_wrong_with_a_leaf(
    root: Holder, ca: Holder, options: dict[str, Any], expected: PathOutcome, code: str
) -> None:
    found = outcome(ca.issue("Nguyễn Văn A", **options), trust(root, ca))
    assert found.outcome is expected
    with pytest.raises(RefusedError) as caught:
        found.raise_if_not_valid()
    assert caught.value.code == code
    assert caught.value.values["subject"] == "CN=Nguyễn Văn A"


def test_weakness_outweighs_what_could_not_be_told(root: Holder) -> None:
    leaf = root.issue("Nguyễn Văn A", kind="rsa1024")
    given = TrustMaterial((TrustAnchor(root.der),))
    assert outcome(leaf, given).outcome is PathOutcome.WEAK


def test_usages_that_documents_may_be_signed_with(root: Holder, ca: Holder) -> None:
    for options in (
        {"usages": None},
        {"usages": ("content_commitment",)},
        {"extended": (ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH)},
    ):
        leaf = ca.issue("Nguyễn Văn A", **options)
        assert outcome(leaf, trust(root, ca)).outcome is PathOutcome.VALID


def test_unknown_authority_and_wrong_purpose_of_the_anchor(root: Holder, ca: Holder) -> None:
    leaf = ca.issue("Nguyễn Văn A")
    for given in (trust(make_root(), ca), trust(root, ca, purposes=frozenset({"time-stamp"}))):
        found = outcome(leaf, given)
        assert found.outcome is PathOutcome.NO_PATH
        with pytest.raises(RefusedError) as caught:
            found.raise_if_not_valid()
        assert caught.value.code == "certificate_untrusted"


def test_time_stamping_wants_its_own_usage(root: Holder, ca: Holder) -> None:
    given = trust(root, ca)
    assert outcome(make_tsa(root), given, "time-stamp").outcome is PathOutcome.VALID
    assert outcome(make_tsa(root), given, "sign").outcome is PathOutcome.PURPOSE
    leaf = ca.issue("Nguyễn Văn A")
    assert outcome(leaf, given, "time-stamp").outcome is PathOutcome.PURPOSE


def test_issuer_that_is_no_authority(root: Holder, ca: Holder) -> None:
    leaf = ca.issue("Nguyễn Văn A")
    forged = leaf.issue("Trần Thị B")
    given = trust(root, ca, leaf)
    assert outcome(forged, given).outcome is PathOutcome.CONSTRAINTS


def test_path_length_and_name_constraints(root: Holder) -> None:
    short = root.issue("Short CA", ca=True, path_length=0)
    below = short.issue("Too deep CA", ca=True)
    found = outcome(below.issue("Nguyễn Văn A"), trust(root, short, below))
    assert found.outcome is PathOutcome.CONSTRAINTS
    allowed = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Elsewhere")])
    constraint = x509.NameConstraints([x509.DirectoryName(allowed)], None)
    narrow = root.issue("Narrow CA", ca=True, more=((constraint, True),))
    found = outcome(narrow.issue("Nguyễn Văn A"), trust(root, narrow))
    assert found.outcome is PathOutcome.CONSTRAINTS


def test_unknown_critical_extension(root: Holder, ca: Holder) -> None:
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
    leaf = ca.issue("Nguyễn Văn A", more=((odd, True),))
    assert outcome(leaf, trust(root, ca)).outcome is PathOutcome.CONSTRAINTS


def test_expired_intermediate(root: Holder) -> None:
    old = root.issue("Old CA", ca=True, not_after=NOW - DAY)
    found = outcome(old.issue("Nguyễn Văn A"), trust(root, old))
    assert found.outcome is PathOutcome.EXPIRED
    assert found.culprit is not None
    assert found.culprit.subject == "CN=Old CA"


def test_anchor_is_not_judged_by_its_own_dates_or_revocation() -> None:
    old = make_root("Old Root", not_after=NOW - DAY)
    leaf = old.issue("Nguyễn Văn A")
    assert outcome(leaf, trust(old)).outcome is PathOutcome.VALID


def test_intermediate_may_be_the_anchor(ca: Holder) -> None:
    leaf = ca.issue("Nguyễn Văn A")
    found = outcome(leaf, trust(ca))
    assert (found.outcome, len(found.path)) == (PathOutcome.VALID, 2)


def test_of_two_paths_the_better_counts(root: Holder) -> None:
    old = root.issue("Cross CA", ca=True, not_after=NOW - DAY)
    new = root.issue("Cross CA", ca=True, key=old.key)
    leaf = new.issue("Nguyễn Văn A")
    found = outcome(leaf, trust(root, old, new))
    assert found.outcome is PathOutcome.VALID
    assert found.path[1].der == new.der


def test_building_is_bounded(root: Holder) -> None:
    one = root.issue("Loop A", ca=True)
    other = one.issue("Loop B", ca=True)
    back = Holder(one.key, other.issue("Loop A", ca=True, key=one.key).certificate)
    many = [back.issue("Loop B", ca=True, key=other.key) for _ in range(30)]
    many += [other.issue("Loop A", ca=True, key=one.key) for _ in range(30)]
    pool = pool_of([load_certificate(h.der) for h in (one, other, back, *many)])
    leaf = load_certificate(other.issue("Nguyễn Văn A").der)
    stranger = load_certificate(make_root("Nobody").der)
    with pytest.raises(RefusedError) as caught:
        build_paths(leaf, pool_of([stranger]), pool)
    assert caught.value.code == "certificate_path_too_complex"
    deep = [root]
    for number in range(MAX_PATH):
        deep.append(deep[-1].issue(f"CA {number}", ca=True))
    pool = pool_of([load_certificate(h.der) for h in deep])
    leaf = load_certificate(deep[-1].issue("Nguyễn Văn A").der)
    assert build_paths(leaf, pool_of([load_certificate(root.der)]), pool) == ()


def test_damaged_certificates(root: Holder) -> None:
    der = root.issue("Nguyễn Văn A").der
    for data in (b"", b"x", der[:-1], der + b"\x00", bytes(70_000)):
        with pytest.raises(InputError) as caught:
            load_certificate(data)
        assert caught.value.code == "certificate_malformed"
    with pytest.raises(InputError) as caught:
        material(TrustMaterial((TrustAnchor(b"x"),)), NOW)
    assert caught.value.code == "certificate_malformed"
    assert material(TrustMaterial((), (b"x",)), NOW).pool.all() == ()


def test_keys_beyond_what_is_checked_are_no_keys(
    root: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    der = root.issue("Nguyễn Văn A", kind="rsa2048").der
    for limit, known in ((2048, True), (2047, False)):
        monkeypatch.setattr(certificates, "MAX_RSA_BITS", limit)
        load_certificate.cache_clear()
        assert (load_certificate(der).public_key is not None) is known
    load_certificate.cache_clear()


def test_every_mutation_of_a_certificate_ends_in_an_outcome(root: Holder) -> None:
    der = root.issue("Nguyễn Văn A").der
    given = trust(root)
    valid = 0
    for position in range(len(der)):
        changed = der[:position] + bytes([der[position] ^ 0x41]) + der[position + 1 :]
        try:
            certificate = load_certificate(changed)
        except InputError:
            continue
        valid += judge(certificate, "sign", NOW, material(given, NOW)).outcome is PathOutcome.VALID
    assert valid == 0


def test_time_of_judging_is_the_moment(root: Holder) -> None:
    leaf = root.issue("Nguyễn Văn A", not_after=NOW - DAY)
    then = NOW - 2 * DAY
    crl = RevocationData(crls=(root.crl(then),))
    given = TrustMaterial((TrustAnchor(root.der),), (), crl)
    found = judge(load_certificate(leaf.der), "sign", then, material(given, NOW + YEAR))
    assert found.outcome is PathOutcome.VALID


def crowd(size: int) -> tuple[Certificate, list[Certificate]]:
    """Return a leaf, and authorities of one name that all signed it and each other."""
    first = make_root("Specimen Crowd")
    leaf = first.issue("Nguyễn Văn A")
    others = [certify(first, "Specimen Crowd", first.key, ca=True) for _ in range(size)]
    ders = [one.public_bytes(serialization.Encoding.DER) for one in others]
    return load_certificate(leaf.der), [load_certificate(der) for der in ders]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Certificate]:
    checks: list[Certificate] = []

    def check(certificate: Certificate, issuer: Certificate, spend: Callable[[], None]) -> bool:
        checks.append(issuer)
        return signed_by(certificate, issuer, spend)

    monkeypatch.setattr(chain_building, "signed_by", check)
    return checks


def test_a_crowd_of_one_name_and_key_is_one_step_of_a_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = counted(monkeypatch)
    leaf, others = crowd(30)
    assert build_paths(leaf, pool_of(()), pool_of(others)) == ()
    assert len(checks) == 30, "each as the leaf's issuer, none as another's"


def test_a_key_that_is_slow_to_check_with_is_none(root: Holder) -> None:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    kinds = []
    for exponent in (2**256 - 1, 2**256 + 1):
        key = rsa.RSAPublicNumbers(exponent, numbers.n).public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(root.certificate.subject)
            .issuer_name(root.certificate.subject)
            .public_key(key)
            .serial_number(1)
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
        )
        made = builder.sign(root.key, hashes.SHA256())
        kinds.append(load_certificate(made.public_bytes(serialization.Encoding.DER)).key.family)
    assert kinds == ["rsa", "other"]


def test_a_signer_that_is_an_anchor_vouches_for_itself_only(root: Holder) -> None:
    signer = root.issue("Nguyễn Văn A", usages=("digital_signature", "crl_sign"))
    given = trust(signer)
    assert outcome(signer, given).outcome is PathOutcome.VALID
    forged = outcome(signer.issue("Nguyễn Văn B"), given)
    assert forged.outcome is PathOutcome.CONSTRAINTS
    assert "no authority" in forged.detail


def test_a_lack_of_memory_is_no_fault_of_a_path(
    root: Holder, ca: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(path_constraints, "_validate", hungry)
    with pytest.raises(MemoryError):
        path_constraints.constraint_problem((load_certificate(ca.der), load_certificate(root.der)))
