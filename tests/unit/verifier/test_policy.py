"""Policies: the shipped one, and what a policy text may not be."""

import hashlib
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from antin.core.codes import FINDINGS
from antin.core.errors import InputError, UsageError
from antin.pdf.document import Manner
from antin.verifier.constraints import WEIGHABLE, Constraints
from antin.verifier.findings import finding
from antin.verifier.policy import (
    CHANGE_CODES,
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


def flattened(name: str) -> bytes:
    """Return the shipped policy with a number in place of one of its tables."""
    parts = TEXT.split("\n[")
    kept = [part for part in parts if not part.startswith(f"{name}]")]
    assert len(kept) == len(parts) - 1
    rest = "\n[".join(kept)
    return f"{name} = 1\n{rest}".encode()


@pytest.mark.parametrize("code", ["digest_wrong", "signature_value_mismatch", "page_added"])
def test_what_no_policy_may_weigh(code: str) -> None:
    with pytest.raises(InputError, match=rf"constraints\.{code} is no finding"):
        constrained(code, "warn")


def test_only_findings_that_exist_may_be_weighed() -> None:
    assert len(set(WEIGHABLE)) == len(WEIGHABLE)
    assert set(WEIGHABLE) <= FINDINGS.keys()


def without(line: str) -> str:
    assert f"\n{line}\n" in TEXT
    return TEXT.replace(f"\n{line}\n", "\n")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("more = 1\n" + TEXT, "more has no meaning"),
        (TEXT.replace("[changes]", "[changes]\nmore = 1"), r"changes\.more has no meaning"),
        (TEXT.replace("[algorithms]", "[algorithms]\nx = 1"), r"algorithms\.x has no meaning"),
        (TEXT.replace("[anchors]", "[anchors]\nx = []"), r"anchors\.x has no meaning"),
        (TEXT.replace("[anchors]", '[anchors]\nsign = "x"'), r"anchors\.sign is no list of texts"),
        ("anchors = 1\n" + TEXT.replace("[anchors]", ""), "anchors is no table"),
        (TEXT.replace("until = {}", "until = 1"), r"algorithms\.until is no table"),
        *(
            (TEXT.replace("until = {}", f"until = {{ {name} = 2030-01-01 }}"), f"until.{name} is")
            for name in ("sha1", "rsa-below-1", "rsa-below-03000", "dsa-below-1024", "rsa-3000")
        ),
        *(
            (TEXT.replace("until = {}", f"until = {{ sha256 = {day} }}"), "sha256 must be a date")
            for day in ('"2030-01-01"', "2030-01-01T00:00:00", "2030", "00:00:00")
        ),
        (TEXT.replace("[revocation]", "[revocation]\nx = 1"), r"revocation\.x has no meaning"),
        (without('reading = "strict"'), "reading is missing"),
        (without("also = []"), r"changes\.also is missing"),
        (without("max_age_hours = 0"), r"revocation\.max_age_hours is missing"),
        (TEXT.replace('reading = "strict"', 'reading = "lax"'), "reading must be"),
        (TEXT.replace('reading = "strict"', "reading = []"), "reading must be"),
        (TEXT.replace('"form-filling"\n', '"other"\n'), r"changes\.allowed must be one of"),
        (TEXT.replace("also = []", 'also = "x"'), r"changes\.also is no list of texts"),
        (TEXT.replace("never = []", "never = [1]"), r"changes\.never is no list of texts"),
        (TEXT.replace("also = []", 'also = ["page_added"]'), r"changes\.also names page_added"),
        (TEXT.replace("never = []", 'never = ["x"]'), r"changes\.never names x"),
        (TEXT.replace("signer = true", "signer = 1"), r"revocation\.signer must be true or false"),
        *(
            (TEXT.replace("hours = 0", f"hours = {odd}"), r"revocation\.max_age_hours must be")
            for odd in ("-1", "true", "8785", "1.5", '"1"')
        ),
    ],
)
def test_a_malformed_policy_is_told_by_its_key(text: str, key: str) -> None:
    with pytest.raises(InputError, match=key) as caught:
        load_policy(text.encode())
    assert caught.value.code == "policy_malformed"


def test_everything_that_a_policy_says_is_read() -> None:
    text = (
        TEXT.replace('"strict"', '"tolerant"')
        .replace("also = []", 'also = ["annotation_added"]')
        .replace("never = []", 'never = ["form_field_filled"]')
        .replace("max_age_hours = 0", "max_age_hours = 36")
        .replace("until = {}", "until = { sha256 = 2030-01-01, rsa-below-3000 = 2026-02-03 }")
        .replace("[anchors]", '[anchors]\nsign = ["."]\ntime-stamp = ["old", "new"]')
    )
    policy = load_policy(text.encode())
    assert policy.reading is Manner.TOLERANT
    assert policy.algorithms.until == {
        "sha256": datetime(2030, 1, 1, tzinfo=UTC),
        "rsa-below-3000": datetime(2026, 2, 3, tzinfo=UTC),
    }
    assert policy.anchors == {"sign": (".",), "time-stamp": ("old", "new")}
    assert policy.also_changes == {"annotation_added"}
    assert policy.never_changes == {"form_field_filled"}
    assert policy.revocation.max_age == timedelta(hours=36)
    assert default_policy().revocation.max_age is None
    assert set(CHANGE_CODES) <= FINDINGS.keys()


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
        flattened("changes"),
        flattened("revocation"),
        flattened("constraints"),
    ],
)
def test_malformed_policy(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(text)
    assert caught.value.code == "policy_malformed"
