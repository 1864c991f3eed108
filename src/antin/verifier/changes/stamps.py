"""How much of a page a signature's stamp covers."""

from decimal import Decimal
from typing import Final

from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Ref, Value, dictionary_of
from antin.verifier.changes.step import Step

_MUCH: Final = Decimal("0.25")
"""Of the page's area: no office's stamp is larger, and what is larger can hide a text."""
_MAX_UP: Final = 50


def covers_much(step: Step, field: FormField) -> bool:
    """Tell whether the widgets of ``field`` cover much of a page, or it can't be told."""
    numbers = [n for n in (field.number, *field.widgets) if n is not None]
    kids = [dictionary_of(step.new.value(number)) or {} for number in field.widgets]
    boxes = [widget.get("Rect") for widget in (field.dictionary, *kids)]
    areas = [_area(step.new, box) for box in boxes if box is not None]
    page = _page_area(step, numbers)
    if page is None or any(area is None for area in areas):
        return True
    return sum(area for area in areas if area is not None) > _MUCH * page


def _page_area(step: Step, numbers: list[int]) -> Decimal | None:
    """Return the area that is shown of the widgets' page; of the first if they are on none."""
    pages = step.after.tree.pages
    if not pages:
        return None
    found = (step.after.annotation_pages.get(number) for number in numbers)
    item: Value = Ref(pages[next((page for page in found if page is not None), 1) - 1])
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
