"""Each building block by itself: what fails, what can't be told, what outweighs what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from antin.pki.algorithms import KeyKind
from antin.pki.certificates import load_certificate
from antin.pki.path_verdicts import PathOutcome, PathVerdict
from antin.verifier import building_blocks as blocks
from antin.verifier.building_blocks import PASSED, Block
from antin.verifier.constraints import Action, Constraints
from antin.verifier.findings import finding
from antin.verifier.path_block import UNPROVEN, TimeFrame, certification_path
from antin.verifier.policy import AlgorithmFloor, default_policy
from antin.verifier.report import ChangeLevel, ChangesAfter, Check, Indication, Severity
from tests.smallpki import DAY, NOW, make_root

POLICY = default_policy()
LEAF = load_certificate(make_root("Specimen CA").issue("Nguyễn Văn A").der)
FAILED = blocks.failed("HASH_FAILURE", "digest_wrong")
UNTOLD = blocks.indeterminate("TRY_LATER", "digest_undetermined")


def short(block: Block) -> tuple[str, str | None]:
    return str(block.indication), block.sub_indication


def test_worst() -> None:
    assert blocks.worst([PASSED, UNTOLD, FAILED]).sub_indication == "HASH_FAILURE"
    assert blocks.worst([PASSED, UNTOLD]).sub_indication == "TRY_LATER"
    both = blocks.worst([UNTOLD, FAILED])
    assert {found.code for found in both.findings} == {"digest_undetermined", "digest_wrong"}
    assert blocks.worst([PASSED]) == PASSED
    assert blocks.worst([]).indication is Indication.INDETERMINATE


@pytest.mark.parametrize(
    ("digest_ok", "signature_ok", "expected"),
    [
        (True, True, ("TOTAL-PASSED", None)),
        (False, True, ("TOTAL-FAILED", "HASH_FAILURE")),
        (False, None, ("TOTAL-FAILED", "HASH_FAILURE")),
        (True, False, ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")),
        (None, False, ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")),
        (None, True, ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")),
        (True, None, ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")),
    ],
)
def test_cryptographic_verification(
    digest_ok: object, signature_ok: object, expected: tuple[str, str | None]
) -> None:
    known = {"digest_ok": digest_ok, "signature_ok": signature_ok}
    block = blocks.cryptographic_verification(**known)  # type: ignore[arg-type]  # of the table
    assert short(block) == expected


def test_format_checking() -> None:
    error = finding("byte_range_start", Severity.ERROR)
    assert short(blocks.format_checking((error,))) == ("TOTAL-FAILED", "FORMAT_FAILURE")
    warning = replace(error, severity=Severity.WARNING)
    assert short(blocks.format_checking((warning,))) == ("TOTAL-PASSED", None)


def judged(block: Block, **actions: Action) -> tuple[str, str | None, list[str]]:
    found = blocks.weighed([block], replace(POLICY, constraints=Constraints(actions)))
    return str(found.indication), found.sub_indication, [str(f.severity) for f in found.findings]


UNBOUND = blocks.indeterminate("SIG_CONSTRAINTS_FAILURE", "signer_certificate_unprotected")
REMARK = Block(
    Indication.PASSED, None, (finding("container_read_leniently", Severity.WARNING, reason="x"),)
)


@pytest.mark.parametrize(
    ("action", "severities"),
    [(Action.WARN, ["warning"]), (Action.INFORM, ["info"]), (Action.IGNORE, [])],
)
def test_what_fails_by_weaker_findings_only_has_passed(
    action: Action, severities: list[str]
) -> None:
    weaker = judged(UNBOUND, signer_certificate_unprotected=action)
    assert weaker == ("TOTAL-PASSED", None, severities)
    mixed = replace(UNBOUND, findings=UNBOUND.findings + UNTOLD.findings)
    assert judged(mixed, signer_certificate_unprotected=action) == (
        "INDETERMINATE",
        "SIG_CONSTRAINTS_FAILURE",
        [*severities, "error"],
    )


def test_what_the_policy_does_not_name_weighs_what_its_rule_says() -> None:
    for block in (UNBOUND, REMARK, FAILED, PASSED):
        assert blocks.weighed([block], POLICY) == block


def test_a_remark_can_be_made_a_failure() -> None:
    assert judged(REMARK, container_read_leniently=Action.FAIL) == (
        "INDETERMINATE",
        "SIG_CONSTRAINTS_FAILURE",
        ["error"],
    )
    assert judged(REMARK, container_read_leniently=Action.INFORM)[0] == "TOTAL-PASSED"
    strict = replace(POLICY, constraints=Constraints({"container_read_leniently": Action.FAIL}))
    (check,) = blocks.policy_constraints(REMARK.findings, strict).checks
    assert (check.name, check.indication) == (Check.POLICY, Indication.INDETERMINATE)
    assert blocks.policy_constraints(REMARK.findings, POLICY).checks == ()


def test_a_check_says_what_came_out_of_weighing() -> None:
    block = blocks.named(Check.SIGNING_CERTIFICATE, UNBOUND)
    milder = Constraints({"signer_certificate_unprotected": Action.WARN})
    (check,) = blocks.weighed([block], replace(POLICY, constraints=milder)).checks
    assert (check.indication, check.sub_indication) == (Indication.PASSED, None)


def test_a_failure_without_findings_never_passes() -> None:
    silent = Block(Indication.FAILED, "FORMAT_FAILURE")
    assert judged(silent, signer_certificate_unprotected=Action.IGNORE)[0] == "TOTAL-FAILED"
    remarked = replace(silent, findings=REMARK.findings)
    assert judged(remarked, container_read_leniently=Action.IGNORE)[0] == "TOTAL-FAILED"


@pytest.mark.parametrize(
    ("level", "severity", "expected"),
    [
        (ChangeLevel.NONE, None, ("TOTAL-PASSED", None)),
        (ChangeLevel.FORM_FILLING, Severity.INFO, ("TOTAL-PASSED", None)),
        (ChangeLevel.FORM_FILLING, Severity.ERROR, ("TOTAL-FAILED", "FORMAT_FAILURE")),
        (ChangeLevel.ANNOTATIONS, None, ("TOTAL-FAILED", "FORMAT_FAILURE")),
        (ChangeLevel.OTHER, Severity.ERROR, ("TOTAL-FAILED", "FORMAT_FAILURE")),
        (None, None, ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")),
        (None, Severity.ERROR, ("TOTAL-FAILED", "FORMAT_FAILURE")),
    ],
)
def test_changes(
    level: ChangeLevel | None, severity: Severity | None, expected: tuple[str, str | None]
) -> None:
    found = () if severity is None else (finding("page_added", severity),)
    assert short(blocks.changes(ChangesAfter(level, found), POLICY)) == expected


@pytest.mark.parametrize("severity", list(Severity))
def test_undetermined_changes_are_never_passed(severity: Severity) -> None:
    found = (finding("changes_undetermined", severity, reason="a loop"),)
    block = blocks.changes(ChangesAfter(None, found), POLICY)
    assert short(block) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")


def test_revocation_is_certain_only_with_a_lower_bound() -> None:
    verdict = PathVerdict(PathOutcome.REVOKED, LEAF, NOW, culprit=LEAF, revoked_at=NOW - 5 * DAY)
    outcomes = [
        short(certification_path(verdict, TimeFrame(earliest), revocation_needed=True))
        for earliest in (None, NOW - 9 * DAY, NOW - 5 * DAY, NOW - DAY)
    ]
    assert outcomes == [("INDETERMINATE", "REVOKED_NO_POE")] * 3 + [("TOTAL-FAILED", "REVOKED")]


def test_every_outcome_but_valid_does_not_pass() -> None:
    for outcome in PathOutcome:
        verdict = PathVerdict(outcome, LEAF, NOW, culprit=LEAF)
        block = certification_path(verdict, UNPROVEN, revocation_needed=True)
        assert (block.indication is Indication.PASSED) is (outcome is PathOutcome.VALID)
        tolerated = certification_path(verdict, UNPROVEN, revocation_needed=False)
        unknown = (PathOutcome.REVOCATION_UNKNOWN, PathOutcome.REVOCATION_UNPROVEN)
        passes = outcome in (PathOutcome.VALID, *unknown)
        assert (tolerated.indication is Indication.PASSED) is passes


def test_algorithm_constraints() -> None:
    floor = AlgorithmFloor(frozenset({"sha256"}), rsa_bits=2048, ec_bits=256)
    short_key, long_key = KeyKind("rsa", 1024, "rsa-1024"), KeyKind("rsa", 2048, "rsa-2048")

    def passes(digest: str, key: KeyKind | None, year: int) -> bool:
        moment = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=1)
        return blocks.algorithm_constraints([digest], key, moment, floor) == PASSED

    assert passes("sha256", long_key, 2026)
    assert passes("sha256", None, 2026)
    assert not passes("sha1", long_key, 2026)
    assert passes("sha1", long_key, 2010)
    assert not passes("sha256", short_key, 2026)
    assert passes("sha256", short_key, 2012)
    assert not passes("sha512", long_key, 2010)  # below the floor, and never dated as weak
    assert not passes("sha256", KeyKind("ec", 224, "ec-p224"), 2026)
