from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from antin.records import closure_rules
from antin.records.closure import ClosureFacts, DocumentFact
from antin.records.closure_rules import RULES, shortcomings
from antin.records.document import Cause, Document, DocumentKind, Revision
from antin.records.record import Record

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORD = Record("r1", "a1", "01.TCCB", "Hồ sơ", "06", "Nguyễn Văn A", date(2026, 1, 5), NOW)
FACT = DocumentFact(
    ordinal=1,
    document=Document("d1", "a1", "Công văn", DocumentKind.MAIN, "letter.pdf", NOW),
    revision=Revision("v1", "d1", 1, "ab" * 32, 1, Cause.UPLOADED, NOW),
    conclusion="TOTAL-PASSED",
    reasons=(),
    report_sha256="cd" * 32,
    signatures=(),
)
TAMPERED = replace(
    FACT,
    ordinal=2,
    document=replace(FACT.document, id="d2", title="Báo cáo"),
    conclusion="TOTAL-FAILED",
    reasons=("Sig1: HASH_FAILURE", "A page was added after signing."),
)


def found(*facts: DocumentFact, record: Record = RECORD) -> list[tuple[str, str | None]]:
    return [(s.rule, s.document_id) for s in shortcomings(ClosureFacts(record, facts))]


def test_a_record_in_order_can_be_closed() -> None:
    assert found(FACT, replace(FACT, ordinal=2, conclusion="NO-SIGNATURE")) == []


def test_every_rule_is_in_force() -> None:
    folder = Path(closure_rules.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {rule.__name__ for rule in RULES} == modules


def test_an_empty_record_has_nothing_to_certify() -> None:
    assert found() == [("has_documents", None)]


@pytest.mark.requirement("REC-3")
@pytest.mark.parametrize("name", ["title", "code_notation", "retention", "creator"])
@pytest.mark.parametrize("value", ["", "  \n"])
def test_a_missing_field_is_named(name: str, value: str) -> None:
    record = replace(RECORD, **{name: value})  # type: ignore[arg-type]  # all four are texts
    reasons = shortcomings(ClosureFacts(record, (FACT,)))
    assert [(s.rule, s.detail) for s in reasons] == [
        ("metadata_complete", f"the record has no {name}")
    ]


def test_a_document_without_a_title_is_named() -> None:
    untitled = replace(FACT, document=replace(FACT.document, title=" "))
    assert found(untitled) == [("metadata_complete", "d1")]


@pytest.mark.parametrize("hold", ["open_task", "open_seal"])
def test_what_is_still_under_way_is_not_finished(hold: str) -> None:
    held = replace(FACT, **{hold: True})  # type: ignore[arg-type]  # both are flags
    assert found(held) == [("nothing_pending", "d1")]


def test_both_holds_on_a_document_are_told() -> None:
    held = replace(FACT, open_task=True, open_seal=True)
    assert found(held) == [("nothing_pending", "d1")] * 2


@pytest.mark.requirement("REC-3")
@pytest.mark.parametrize("conclusion", ["TOTAL-FAILED", "INDETERMINATE", "UNREADABLE", "", "new"])
def test_anything_but_a_pass_stands_against_closing(conclusion: str) -> None:
    """Also what could not be told, and words that this version does not know."""
    assert found(replace(FACT, conclusion=conclusion)) == [("documents_verify", "d1")]


def test_the_reasons_and_the_place_are_told() -> None:
    (reason,) = shortcomings(ClosureFacts(RECORD, (FACT, TAMPERED)))
    assert reason.document_id == "d2"
    assert reason.detail == (
        "document 2 (Báo cáo): TOTAL-FAILED: Sig1: HASH_FAILURE; A page was added after signing."
    )


def test_a_failure_without_a_reason_is_still_one() -> None:
    (reason,) = shortcomings(ClosureFacts(RECORD, (replace(TAMPERED, reasons=()),)))
    assert "no reason was given" in reason.detail


@pytest.mark.requirement("REC-3")
def test_every_shortcoming_is_told_not_only_the_first() -> None:
    record = replace(RECORD, title="", creator="")
    reasons = found(replace(FACT, open_task=True), TAMPERED, record=record)
    assert reasons == [
        ("metadata_complete", None),
        ("metadata_complete", None),
        ("nothing_pending", "d1"),
        ("documents_verify", "d2"),
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_signs_what_it_finds(rule: object) -> None:
    facts = ClosureFacts(replace(RECORD, title=""), (replace(TAMPERED, open_seal=True),))
    empty = ClosureFacts(RECORD, ())
    assert callable(rule)
    rules = {s.rule for s in [*rule(facts), *rule(empty)]}
    assert rules == {getattr(rule, "__name__", "")}
