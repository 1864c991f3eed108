"""Policies: the shipped one, and what a policy text may not be."""

import hashlib
from importlib.resources import files

import pytest

from antin.core.codes import FINDINGS
from antin.core.errors import InputError, UsageError
from antin.verifier.constraints import WEIGHABLE, Constraints
from antin.verifier.findings import finding
from antin.verifier.policy import (
    SHIPPED,
    default_policy,
    load_policy,
    shipped_policy,
    shipped_text,
)
from antin.verifier.report import ChangeLevel, Severity

TEXT = (files("antin.verifier") / "policies" / "vn-office.toml").read_text()


def test_the_shipped_policy() -> None:
    policy = default_policy()
    assert policy.id == "vn-office"
    assert policy.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert policy.allowed_changes is ChangeLevel.FORM_FILLING
    assert policy.algorithms.rsa_bits == 2048
    assert "sha1" not in policy.algorithms.digests
    assert policy.revocation.signer


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_says_its_name_and_is_the_default_or_not(name: str) -> None:
    policy = shipped_policy(name)
    assert (policy.id, policy == default_policy()) == (name, name == "vn-office")
    assert len({shipped_text(one) for one in SHIPPED}) == len(SHIPPED)


def test_no_other_policy_ships() -> None:
    folder = files("antin.verifier") / "policies"
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"{name}.toml" for name in SHIPPED)
    with pytest.raises(UsageError, match="policy_unknown"):
        shipped_policy("../policies/strict")


def test_weight_of_a_finding() -> None:
    odd = finding("pdf_size_too_small", Severity.WARNING)
    assert default_policy().constraints.weigh(odd) == odd
    for action, severity in [("fail", "error"), ("warn", "warning"), ("inform", "info")]:
        weighed = constrained("pdf_size_too_small", action).weigh(odd)
        assert weighed is not None
        assert weighed.severity == severity
    assert constrained("pdf_size_too_small", "ignore").weigh(odd) is None


def constrained(code: str, action: str) -> Constraints:
    return load_policy(f'{TEXT}\n{code} = "{action}"\n'.encode()).constraints


@pytest.mark.parametrize("code", ["digest_wrong", "signature_value_mismatch", "page_added"])
def test_what_no_policy_may_weigh(code: str) -> None:
    with pytest.raises(InputError, match=rf"constraints\.{code} is no finding"):
        constrained(code, "warn")


def test_only_findings_that_exist_may_be_weighed() -> None:
    assert len(set(WEIGHABLE)) == len(WEIGHABLE)
    assert set(WEIGHABLE) <= FINDINGS.keys()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"id = ",
        b"x = " + b"[" * 5000,
        b"#" * 100_000,
        TEXT.replace('id = "vn-office"', "id = 7").encode(),
        TEXT.replace('id = "vn-office"', 'id = ""').encode(),
        TEXT.replace('"form-filling"\n', '"other"\n').encode(),
        TEXT.replace('allowed = "form-filling"', "allowed = [1]").encode(),
        TEXT.replace("rsa_bits = 2048", "rsa_bits = 1024").encode(),
        TEXT.replace("rsa_bits = 2048", "rsa_bits = true").encode(),
        TEXT.replace('"sha256", ', '"sha1", ').encode(),
        TEXT.replace("signer = true", "signer = 1").encode(),
        TEXT.replace("signer = true", "signer = true\nmore = true").encode(),
        TEXT.replace("signer = true", "").encode(),
        (TEXT + '\nno_such_finding = "error"\n').encode(),
        (TEXT + '\npdf_size_too_small = "error"\n').encode(),
        (TEXT + "\npdf_size_too_small = []\n").encode(),
        TEXT.replace("[constraints]", "[other]").encode(),
        b"changes = 1\n" + TEXT.replace("[changes]", "[x]").encode(),
    ],
)
def test_malformed_policy(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(text)
    assert caught.value.code == "policy_malformed"
