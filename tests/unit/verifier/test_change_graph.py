"""The ways up from an object, and what following them costs."""

import pytest

from antin.core.errors import InputError
from antin.verifier.changes.graph import Budget
from antin.verifier.changes.skeleton import Role
from antin.verifier.changes.step import Step
from antin.verifier.changes.steps import StepClassifier
from tests.pdfs import appended, letter, opened


def step_on(catalog: bytes, more: dict[int, bytes]) -> Step:
    document = opened(appended(letter(catalog=catalog, more=more), {99: b"1"}))
    return StepClassifier(document).step(2)


def test_all_of_a_budget_can_be_spent_and_no_more() -> None:
    budget = Budget(5)
    budget.spend(4)
    budget.spend(1)
    budget.spend(0)
    with pytest.raises(InputError) as caught:
        budget.spend(1)
    assert caught.value.code == "pdf_too_complex"


def test_an_object_costs_one_and_one_for_each_that_refers_to_it() -> None:
    """As often as it is asked for."""
    graph = step_on(b"/A 60 0 R", {60: b"[61 0 R]", 61: b"[61 0 R]"}).before.graph
    for number, cost in [(60, 2), (61, 3), (61, 3), (62, 1)]:
        left = graph.budget.links
        graph.parents(number)
        assert left - graph.budget.links == cost


def test_objects_that_refer_to_each_other_are_followed_once() -> None:
    step = step_on(b"/A 60 0 R", {60: b"[61 0 R]", 61: b"[62 0 R]", 62: b"[61 0 R]"})
    step.before.graph.budget.links = 50
    assert step.entries(62) == step.entries(61) == ((1, Role.CATALOG, "A"),)


def test_of_what_refers_to_an_object_itself_only_what_counts_is_followed() -> None:
    """It is asked with its key; of what leads to it from further up nothing is asked."""
    holders = {60 + n: b"<</A%d 50 0 R/B%d 50 0 R>>" % (n, n) for n in range(20)}
    listed = b" ".join(b"/H%d %d 0 R" % (n, 60 + n) for n in range(20))
    step = step_on(b"/All<<%b>>/Few[60 0 R]/A3 50 0 R" % listed, {50: b"<<>>", **holders})
    asked: set[tuple[int, str]] = set()

    def counts(parent: int, key: str) -> bool:
        asked.add((parent, key))
        return (parent, key) in {(60, "B0"), (1, "A3")}

    found = {(1, Role.CATALOG, "A3"), (1, Role.CATALOG, "All"), (1, Role.CATALOG, "Few")}
    assert set(step.entries(50, counts)) == found
    assert {(60 + n, f"{key}{n}") for n in range(20) for key in "AB"} | {(1, "A3")} == asked
    assert {key for _, _, key in step.entries(50, lambda _parent, key: key == "A7")} == {"All"}
