"""Millimetres on the page as it is seen, and user space as the PDF counts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from antin.core.errors import InputError, RefusedError
from antin.pdf.objects import Value
from antin.pdf.writer import Update
from antin.signer.request import Stamp

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in user space."""
POINTS_PER_MM: Final = 72 / 25.4
_MAX_DEPTH: Final = 64
_MAX_UNIT: Final = 1e5
_MAX_LENGTH: Final = 10**9
_LETTER: Final = (0.0, 0.0, 612.0, 792.0)
_SLACK_MM: Final = 0.5
_MATRICES: Final[Mapping[int, tuple[int, int, int, int]]] = {
    # How upright content is turned so that the page's own turn brings it upright again.
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}


@dataclass(frozen=True)
class PageView:
    """The visible part of a page in user space, its clockwise turn and its unit."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    """0, 90, 180 or 270 degrees clockwise."""
    unit: float = 1.0
    """Points (1/72 inch) per user space unit."""

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height as seen, in millimetres."""
        factor = self.unit / POINTS_PER_MM
        width, height = (self.right - self.left) * factor, (self.top - self.bottom) * factor
        return (height, width) if self.rotation in (90, 270) else (width, height)

    @property
    def matrix(self) -> tuple[int, int, int, int]:
        """The a, b, c, d of an appearance's /Matrix on this page."""
        return _MATRICES[self.rotation]

    def box(self, stamp: Stamp) -> Box:
        """Return left, bottom, right, top of the stamp in user space.

        Error: ``field_invalid`` when the stamp has no size or lies outside the visible page.
        """
        width, height = self.size_mm
        right, bottom = stamp.left_mm + stamp.width_mm, stamp.top_mm + stamp.height_mm
        if not (stamp.width_mm > 0 and stamp.height_mm > 0):
            raise RefusedError("field_invalid", field="stamp", detail="it has no size")
        inside = min(stamp.left_mm, stamp.top_mm) >= -_SLACK_MM
        if not (inside and right <= width + _SLACK_MM and bottom <= height + _SLACK_MM):
            raise RefusedError("field_invalid", field="stamp", detail="it lies outside the page")
        x1, y1 = self._point(stamp.left_mm, stamp.top_mm)
        x2, y2 = self._point(right, bottom)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    def _point(self, right_mm: float, down_mm: float) -> tuple[float, float]:
        x, y = (mm * POINTS_PER_MM / self.unit for mm in (right_mm, down_mm))
        match self.rotation:
            case 90:
                return self.left + y, self.bottom + x
            case 180:
                return self.right - x, self.bottom + y
            case 270:
                return self.right - y, self.top - x
            case _:
                return self.left + x, self.top - y


def view_of(update: Update, page: int) -> PageView:
    """Return the view of a page by its object number: CropBox within MediaBox, /Rotate, /UserUnit.

    Error: ``pdf_malformed`` for a page without a sensible size, ``pdf_too_complex``.
    """
    media = box_of(update, _inherited(update, page, "MediaBox")) or _LETTER
    crop = box_of(update, _inherited(update, page, "CropBox")) or media
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    if left >= right or bottom >= top:
        left, bottom, right, top = media
    if left >= right or bottom >= top:
        raise InputError("pdf_malformed", detail="a page has no area")
    turn = _inherited(update, page, "Rotate")
    rotation = round((0 if turn is None else _number(turn)) / 90) * 90 % 360
    unit = _number(update.dictionary(update.ref(page)).get("UserUnit", 1))
    if not 0 < unit < _MAX_UNIT:
        raise InputError("pdf_malformed", detail="a page's /UserUnit is no unit")
    return PageView(left, bottom, right, top, rotation, unit)


def box_of(update: Update, value: Value) -> Box | None:
    """Return left, bottom, right, top of a rectangle, its corners in any order; None for null."""
    corners = update.array(value)
    if not corners:
        return None
    if len(corners) < 4:
        raise InputError("pdf_malformed", detail="a rectangle lacks a corner")
    x1, y1, x2, y2 = (_number(update.resolve(corner)) for corner in corners[:4])
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _inherited(update: Update, page: int, key: str) -> Value:
    """Return an inheritable page attribute (ISO 32000-2 §7.7.3.4), null where there is none."""
    node = update.dictionary(update.ref(page))
    for _ in range(_MAX_DEPTH):
        value = update.resolve(node.get(key))
        if value is not None:
            return value
        node = update.dictionary(node.get("Parent"))
        if not node:
            return None
    raise InputError("pdf_too_complex", detail="its page tree is too deep")


def _number(value: Value) -> float:
    number = value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    if number is None or not -_MAX_LENGTH <= number <= _MAX_LENGTH:
        raise InputError("pdf_malformed", detail="a page's measures make no sense")
    return float(number)
