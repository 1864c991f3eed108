"""What is told of the steps after a signature: why one could not be judged, and where."""

from dataclasses import replace

import pytest

from antin.pdf.restrictions import FieldLock, Restrictions
from antin.verifier import changes as changes_module
from antin.verifier.changes import changes_after, steps
from antin.verifier.changes import graph as graph_module
from antin.verifier.findings import finding
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, ChangesAfter, Finding, Severity
from tests.pdfs import (
    FORM,
    appended,
    form_letter,
    letter,
    opened,
    signed,
    stream,
    with_validation_data,
)
from tests.unit.verifier.test_change_places import catalog, form
from tests.unit.verifier.test_policy_changes import many_fields
from tests.unit.verifier.test_two_readings import updated_with

ALTERED = {111: stream(b"BT (altered) Tj ET")}


def after(data: bytes) -> ChangesAfter:
    document = opened(data)
    return changes_after(document, document.signatures[0], default_policy())


def undetermined(reason: str, revision: int | None) -> Finding:
    return finding("changes_undetermined", Severity.WARNING, revision=revision, reason=reason)


def test_why_a_signature_has_nothing_after_it_to_judge() -> None:
    document = opened(signed(letter()))
    field = replace(document.signatures[0], revision=None)
    why = undetermined("the revision that was signed cannot be told", None)
    assert changes_after(document, field, default_policy()) == ChangesAfter(None, (why,))


def test_why_locks_could_not_be_looked_at() -> None:
    data, filled = many_fields(locked="elsewhere")
    result = after(appended(data, filled))
    why = undetermined("it changes more fields than are looked at", 4)
    assert [one for one in result.findings if one.code == why.code] == [why]
    assert result.level is None


def test_why_a_step_that_goes_too_deep_was_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(steps, "_RULES", (deep,))
    why = undetermined("it is nested too deeply", 3)
    assert after(appended(signed(letter()), ALTERED)) == ChangesAfter(None, (why,))


def test_why_a_step_without_end_was_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads in one way only: nothing is said of two readings."""
    monkeypatch.setattr(graph_module.Budget.__init__, "__defaults__", (3,))
    why = undetermined("The PDF exceeds a limit: it has too many references to follow", 3)
    assert after(appended(signed(letter()), ALTERED)) == ChangesAfter(None, (why,))


def test_why_a_step_that_reads_in_two_ways_was_not_judged() -> None:
    """That is told for a warning, and is what the attack of that name looks like."""
    result = after(updated_with(b"trailer <</Root 900 0 R>>\n"))
    odd = "An update holds an object or a trailer that its cross-reference does not name"
    assert result.findings == (undetermined(f"The PDF is damaged: {odd}", 3),)
    assert result.level is None
    assert result.attacks == (finding("attack_two_readings", Severity.WARNING, revision=3),)


def test_of_a_step_that_was_not_judged_nothing_was_left_out() -> None:
    """A signature that locks fields gets one reason, not two."""
    data, filled = many_fields(locked="elsewhere")
    few = {number: filled[number] for number in list(filled)[:3]}
    odd = appended(data, few, b"/Root 98 0 R/Root 1 0 R")
    (why,) = after(odd).findings
    assert why.code == "changes_undetermined"
    assert "fields" not in str(dict(why.values)["reason"])


TWO_ROOTS = b"/Root 98 0 R/Root 1 0 R"


def test_an_attack_is_told_once_and_where_it_came_first() -> None:
    data = appended(signed(letter()), ALTERED)
    again = appended(
        data, {111: stream(b"BT (once more) Tj ET"), 110: stream(b"BT (yet another) Tj ET")}
    )
    place = [(one.code, one.revision, one.page, one.object_number) for one in after(again).attacks]
    assert place == [("attack_incremental_saving", 3, 2, 111)]


def test_two_readings_are_told_once_and_where_they_came_first() -> None:
    data = appended(signed(letter()), ALTERED, TWO_ROOTS)
    again = appended(data, {110: stream(b"BT ET")}, TWO_ROOTS)
    result = after(again)
    assert [one.revision for one in result.findings] == [3, 4]
    assert result.attacks == (finding("attack_two_readings", Severity.WARNING, revision=3),)


def test_what_is_taken_back_later_is_told_besides() -> None:
    base = signed(letter())
    start = base.index(b"111 0 obj") + len(b"111 0 obj")
    was = base[start : base.index(b"endobj", start)].strip()
    data = appended(appended(base, ALTERED), {111: was})
    told = [(one.code, one.revision, one.object_number) for one in after(data).attacks]
    assert told[-1] == ("attack_change_undone", 3, 111)
    assert [code for code, _, _ in told].count("attack_change_undone") == 1
    assert len(told) == len({code for code, _, _ in told}) > 1


def test_steps_before_one_that_was_not_judged_are_told() -> None:
    """One that could not be judged makes the whole unknown, whatever the others are."""
    data = appended(appended(signed(letter()), ALTERED), {110: stream(b"x")}, TWO_ROOTS)
    result = after(data)
    assert result.level is None
    assert [one.code for one in result.findings] == [
        "page_content_changed",
        "changes_undetermined",
    ]
    assert {one.code for one in result.attacks} == {
        "attack_incremental_saving",
        "attack_two_readings",
    }


def original(data: bytes, number: int) -> bytes:
    start = data.index(b"%d 0 obj" % number) + len(b"%d 0 obj" % number)
    return data[start : data.index(b"endobj", start)].strip()


def test_only_so_many_changes_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    base = signed(letter())
    both = appended(base, ALTERED | {110: stream(b"BT (first of the two) Tj ET")})
    data = appended(both, {111: original(base, 111)})
    assert "attack_change_undone" in {one.code for one in after(data).attacks}
    monkeypatch.setattr(changes_module, "_MAX_UNDONE", 1)
    assert "attack_change_undone" not in {one.code for one in after(data).attacks}


FILLED = {20: FORM[20].replace(b"/V()", b"/V(A)")}


def test_to_take_back_what_is_allowed_is_no_attack() -> None:
    result = after(appended(appended(signed(form_letter()), FILLED), {20: FORM[20]}))
    assert (result.level, result.attacks) == (ChangeLevel.FORM_FILLING, ())


def test_the_worst_step_counts_wherever_it_stands() -> None:
    base = signed(form_letter())
    later = with_validation_data(appended(base, FILLED), b"one")
    first = appended(with_validation_data(base, b"one"), FILLED)
    assert {after(later).level, after(first).level} == {ChangeLevel.FORM_FILLING}


@pytest.mark.parametrize(
    ("objects", "codes"),
    [
        ({1: catalog().replace(b"20 0 R ", b"")}, ["form_field_removed"]),
        (FILLED, ["form_field_filled", "form_field_locked"]),
    ],
)
def test_what_no_lock_speaks_of(objects: dict[int, bytes], codes: list[str]) -> None:
    """That a field is gone is told as such, and no policy allows it: it needs no lock."""
    document = opened(appended(form(), objects))
    locks = (FieldLock("All", frozenset()),)
    field = replace(document.signatures[0], restrictions=Restrictions(None, locks))
    found = changes_after(document, field, default_policy()).findings
    assert [one.code for one in found if one.code != "metadata_changed"] == codes
