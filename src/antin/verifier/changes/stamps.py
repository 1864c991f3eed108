"""How much of a page a signature's stamp covers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Ref, Value, dictionary_of
from antin.verifier.changes.step import Step

_MUCH: Final = Decimal("0.25")
"""Of the page's area: no office's stamp is larger, and what is larger can hide a text."""
_MAX_UP: Final = 50


def covers_much(step: Step, fields: Iterable[FormField]) -> bool:
    """Tell whether the widgets of ``fields`` cover much of a page, or it can't be told.

    Widgets of one page count together, each against the page that it is on: a stamp is not small
    because it was cut in pieces, or because another page is large.
    """
    covered: dict[int, Decimal] = defaultdict(Decimal)
    for number, box in _boxes(step, fields):
        area = _area(step.new, box)
        if area is None:
            return True
        covered[_page_of(step, number)] += area
    pages = ((_page_area(step, page), area) for page, area in covered.items())
    return any(page is None or area > _MUCH * page for page, area in pages)


def _boxes(step: Step, fields: Iterable[FormField]) -> Iterator[tuple[int | None, Value]]:
    """Yield the widgets, by their numbers, and where each is; those that several share, once."""
    seen: set[int] = set()
    for field in fields:
        kids = [(n, dictionary_of(step.new.value(n)) or {}) for n in field.widgets]
        for number, widget in ((field.number, field.dictionary), *kids):
            if "Rect" in widget and number not in seen:
                yield number, widget["Rect"]
            if number is not None:
                seen.add(number)


def _page_of(step: Step, number: int | None) -> int:
    """Return the 1-based page of a widget; the first if it is on none."""
    return (step.after.annotation_pages.get(number) if number is not None else None) or 1


def _page_area(step: Step, page: int) -> Decimal | None:
    """Return the area of a page that is shown."""
    number = step.after.tree.nth(page)
    if number is None:
        return None
    item: Value = Ref(number)
    boxes: dict[str, Value] = {}
    for _ in range(_MAX_UP):
        node = step.new.dictionary(item)
        boxes = {key: node[key] for key in ("CropBox", "MediaBox") if key in node} | boxes
        if "Parent" not in node:
            break
        item = node["Parent"]
    return _area(step.new, boxes.get("CropBox", boxes.get("MediaBox")))


def _area(view: View, box: Value) -> Decimal | None:
    sides = [view.resolve(side) for side in view.array(box)]
    numbers = [
        Decimal(side)
        for side in sides
        if isinstance(side, int | Decimal) and not isinstance(side, bool)
    ]
    if len(sides) != 4 or len(numbers) != 4:
        return None
    left, bottom, right, top = numbers
    return abs(right - left) * abs(top - bottom)
