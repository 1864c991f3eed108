"""What is harmless raises nothing beyond its class: no error, no name, no warning."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from pyhanko.sign.fields import FieldMDPAction, MDPPerm

from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, Conclusion, Finding, Report, Severity
from tests.attacks.bases import by_pyhanko, office
from tests.attacks.benign import (
    BENIGN,
    PREPARED,
    certified,
    locked,
    sign_encrypted,
)
from tests.attacks.letter import honest_letter
from tests.attacks.registry import ATTACKS
from tests.attacks.test_attacks import SIGNERS
from tests.signedpdf import check


@cache
def signed_by(program: str) -> bytes:
    return SIGNERS[program](honest_letter(), office().officer)


def spoken(report: Report) -> Iterator[Finding]:
    """Yield what a report says besides who signed: mere information on changes left out."""
    yield from report.findings
    for signature in report.signatures:
        yield from signature.findings
        yield from signature.warnings
        yield from (f for f in signature.changes_after.findings if f.severity is not Severity.INFO)


@pytest.mark.parametrize("program", SIGNERS)
@pytest.mark.parametrize("name", BENIGN)
def test_harmless_change(name: str, program: str) -> None:
    benign = BENIGN[name]
    report = check(benign.change(signed_by(program)), office().trust)
    assert [(f.code, f.detail) for f in spoken(report)] == []
    assert report.conclusion is Conclusion.PASSED
    assert report.signatures[0].changes_after.level is benign.level


@pytest.mark.parametrize("program", SIGNERS)
@pytest.mark.parametrize("name", [name for name in PREPARED if "encrypted" not in name])
def test_saved_in_another_way_before_signing(name: str, program: str) -> None:
    data = SIGNERS[program](PREPARED[name](), office().officer)
    further = by_pyhanko(data, office().other, "Seal", box=None)
    for made, level in ((data, ChangeLevel.NONE), (further, ChangeLevel.FORM_FILLING)):
        report = check(made, office().trust)
        assert [(f.code, f.detail) for f in spoken(report)] == []
        assert report.conclusion is Conclusion.PASSED
        assert report.signatures[0].changes_after.level is level


@pytest.mark.parametrize("name", [name for name in PREPARED if "encrypted" in name])
def test_encrypted_under_the_empty_password(name: str) -> None:
    data = sign_encrypted(PREPARED[name](), office().officer, "Sig1")
    further = sign_encrypted(data, office().other, "Sig2")
    for made, level in ((data, ChangeLevel.NONE), (further, ChangeLevel.FORM_FILLING)):
        report = check(made, office().trust)
        assert [(f.code, f.detail) for f in spoken(report)] == []
        assert report.conclusion is Conclusion.PASSED
        assert report.signatures[0].changes_after.level is level


FORMS = ["field filled in", "second signature by pyHanko", "second signature by pyHanko, shown"]
UPDATES = [
    "validation data",
    "document time-stamp",
    "long-term update",
    "long-term update, renewed",
]


@pytest.mark.parametrize("permission", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
@pytest.mark.parametrize("name", FORMS + UPDATES)
def test_what_certification_permits(name: str, permission: MDPPerm) -> None:
    report = check(BENIGN[name].change(certified(permission)), office().trust)
    assert [(f.code, f.detail) for f in spoken(report)] == []
    assert report.conclusion is Conclusion.PASSED


@pytest.mark.parametrize("name", UPDATES)
def test_no_certification_forbids_what_keeps_it_valid(name: str) -> None:
    report = check(BENIGN[name].change(certified(MDPPerm.NO_CHANGES)), office().trust)
    assert [(f.code, f.detail) for f in spoken(report)] == []
    assert report.conclusion is Conclusion.PASSED


def test_filling_in_is_no_attack_where_it_is_forbidden() -> None:
    """What is otherwise allowed fails there, and gets no name."""
    report = check(BENIGN["field filled in"].change(certified(MDPPerm.NO_CHANGES)), office().trust)
    assert report.conclusion is Conclusion.FAILED
    assert {f.code for f in spoken(report)} == {"form_field_filled"}


@pytest.mark.parametrize(
    ("action", "fields", "allowed"),
    [
        (FieldMDPAction.INCLUDE, ["another"], True),
        (FieldMDPAction.EXCLUDE, ["name"], True),
        (FieldMDPAction.INCLUDE, ["name"], False),
    ],
)
def test_field_beside_a_locked_one(
    action: FieldMDPAction, fields: list[str], *, allowed: bool
) -> None:
    report = check(BENIGN["field filled in"].change(locked(action, fields)), office().trust)
    filled = {"form_field_filled", "form_field_locked"}
    assert {f.code for f in spoken(report)} == (set() if allowed else filled)
    assert (report.conclusion is Conclusion.PASSED) is allowed


@pytest.mark.parametrize(
    "name", ["free text over the page", "stamp over the page", "annotation written anew"]
)
@pytest.mark.parametrize("permission", [*MDPPerm, None])
def test_annotations_where_signer_and_policy_permit_them(
    name: str, permission: MDPPerm | None
) -> None:
    data = certified(permission) if permission else signed_by("pyhanko")
    lax = replace(default_policy(), allowed_changes=ChangeLevel.ANNOTATIONS)
    report = check(ATTACKS[name].alter(data), office().trust, policy=lax)
    allowed = permission in {None, MDPPerm.ANNOTATE}
    assert (report.conclusion is Conclusion.PASSED) is allowed
    named = {f.code for f in spoken(report) if f.code.startswith("attack_")}
    assert named == (set() if allowed else {"attack_evil_annotation"})


def test_there_are_enough_of_them() -> None:
    assert len(BENIGN) + len(PREPARED) + 2 * len(FORMS) + 3 * len(UPDATES) >= 50
