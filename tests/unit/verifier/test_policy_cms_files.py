"""Policies on signatures that are files of their own: the same demands as in a PDF."""

import hashlib
from dataclasses import replace

import pytest

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.verifier.detached import verify_cms
from antin.verifier.policy import Policy, default_policy, shipped_policy
from antin.verifier.signed_content import Content
from tests.smallpki import NOW, CmsShape, make_cms
from tests.unit.verifier.conftest import Office

CONTENT = b"Specimen letter"
DIGEST = hashlib.sha256(CONTENT).digest()
PASSES = ("TOTAL-PASSED", None)
OFFICE = default_policy()


def judged(office: Office, policy: Policy, shape: CmsShape | None = None) -> tuple[str, str | None]:
    cms = make_cms(office.officer, DIGEST, shape)
    given = Content("letter", MemorySource(CONTENT))
    report = verify_cms(MemorySource(cms), given, "letter.p7s", office.trust(), NOW, policy)
    (one,) = report.signatures
    assert str(report.conclusion) == str(one.indication)
    return str(one.indication), one.sub_indication


@pytest.mark.parametrize("name", ["vn-office", "strict", "lenient-import"])
def test_a_sound_one_passes(office: Office, name: str) -> None:
    shape = CmsShape(signing_time=NOW)
    assert judged(office, shipped_policy(name), shape) == PASSES


def test_constraints(office: Office) -> None:
    unbound = CmsShape(ess=False)
    assert judged(office, OFFICE, unbound) == PASSES
    strict = judged(office, shipped_policy("strict"), unbound)
    assert strict == ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")


def test_anchors(office: Office) -> None:
    root = hashlib.sha256(office.root.der).hexdigest()
    assert judged(office, replace(OFFICE, anchors={"sign": (root,)})) == PASSES
    none = judged(office, replace(OFFICE, anchors={"sign": ()}))
    assert none == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    with pytest.raises(InputError, match="policy_malformed"):
        judged(office, replace(OFFICE, anchors={"sign": ("young",)}))


def test_dates_of_algorithms(office: Office) -> None:
    floor = replace(OFFICE.algorithms, until={"sha256": NOW})
    found = judged(office, replace(OFFICE, algorithms=floor))
    assert found == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
