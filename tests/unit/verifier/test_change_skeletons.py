"""Skeletons are kept, made from each other and made anew; what is left over has its place."""

from collections.abc import Callable

import pytest

from antin.pdf.document import PdfDocument
from antin.pdf.history import History
from antin.verifier.changes.change import Change
from antin.verifier.changes.leftovers import judge_overwritten
from antin.verifier.changes.skeletons import Skeletons
from antin.verifier.report import ChangeLevel
from tests.pdf_forms import add_revision
from tests.pdfs import appended, letter, opened, stream
from tests.unit.verifier.test_change_edges import step_of

CATALOG = b"<</Type/Catalog/Pages 2 0 R%b>>"


def four() -> PdfDocument:
    data = letter()
    for number in range(3):
        data = appended(data, {111: stream(b"%d" % number)})
    return opened(data)


def test_the_last_two_are_at_hand() -> None:
    made = Skeletons(four())
    first, second = made.of(1), made.of(2)
    assert made.of(1) is first
    third = made.of(3)
    assert (made.of(2), made.of(3)) == (second, third)
    assert made.of(1) is not first
    assert made.of(1).tree.pages == first.tree.pages


@pytest.mark.parametrize("order", [(1, 3, 4, 2, 3), (4, 3, 2, 1), (2, 4, 3, 4)])
def test_in_whatever_order_they_are_asked_for(order: tuple[int, ...]) -> None:
    document = four()
    made = Skeletons(document)
    assert [made.of(n).view.section for n in order] == [document.view(n).section for n in order]


def values_read(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> set[int]:
    read: set[int] = set()
    original = History.value

    def value(self: History, number: int, place: object) -> object:
        read.add(number)
        return original(self, number, place)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(History, "value", value)
    act()
    return read


def test_pages_that_no_update_names_are_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    document = opened(appended(letter(50), {30: b"[]"}))
    made = Skeletons(document)
    read = values_read(monkeypatch, lambda: made.of(1))
    assert read.isdisjoint(set(range(11, 60)) - {30})


def test_a_catalogue_that_lists_the_same_pages_leaves_them() -> None:
    made = Skeletons(opened(appended(letter(), {1: CATALOG % b"/Lang(vi)"})))
    assert made.of(1).tree is made.of(2).tree


def test_an_overwritten_container_is_told_by_its_number() -> None:
    objects = {1: CATALOG % b"", 2: b"<</Kids[3 0 R]>>", 3: b"<</Type/Page>>"}
    held = b"".join(objects[n].ljust(40) for n in objects)
    packed = stream(b"1 0 2 40 3 80 " + held, b"/Type/ObjStm/N 3/First 14")
    data = add_revision(add_revision(b"", "objstm", objects), "stream", {901: packed}, extra=910)
    step = step_of(data)
    judge_overwritten(step)
    assert Change("object_overwritten", ChangeLevel.OTHER, 2, None, 901) in step.changes
