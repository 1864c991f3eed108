"""What is told of the steps after a signature: why one could not be judged, and where."""

from dataclasses import replace

import pytest

from antin.verifier.changes import changes_after, steps
from antin.verifier.changes import graph as graph_module
from antin.verifier.findings import finding
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangesAfter, Finding, Severity
from tests.pdfs import appended, letter, opened, signed, stream
from tests.unit.verifier.test_policy_changes import many_fields

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
