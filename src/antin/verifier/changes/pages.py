"""Which pages can a revision have changed the look of? Answered by objects, not by rules.

The rules say what changed, this says where to look: each object that a revision touched is followed
up, in the old view and in the new one, to the pages that draw with it. Where that can't be told,
every page is looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Value, dictionary_of, integer, name, same
from antin.verifier.changes.skeleton import Role, Skeleton, annotations_of
from antin.verifier.changes.step import Step
from antin.verifier.looks import Box

_HIDDEN: Final = 2 | 32
"""Annotation flags Hidden and NoView."""
_COLOURS: Final = frozenset({"BC", "BG", "CA"})
_ANNOTATION: Final = frozenset({Role.FIELD, Role.WIDGET, Role.ANNOTATION})
_DRAWN: Final = {
    Role.CATALOG: frozenset({"OCProperties"}),
    Role.FORM: frozenset({"DA", "DR", "NeedAppearances", "XFA"}),
}
"""Keys of the document as a whole that lead to what any page may be drawn with."""
_NOT_DRAWN: Final = {
    Role.PAGES: frozenset({"Kids", "Count"}),
    Role.PAGE: frozenset({"AA", "Annots", "B", "Metadata", "PieceInfo"}),
}
"""Keys of pages that do not. What a page inherits comes by /Parent."""
_ANNOTATION_NOT_DRAWN: Final = frozenset(
    {"A", "AA", "Dest", "IRT", "Kids", "Lock", "P", "PA", "Parent", "Popup", "SV", "T", "TM", "TU"}
)
_ON_PAGE: Final = (Role.PAGE, "Annots")
_MOST: Final = 1e6
"""Units; pages are much smaller."""


def pages_reached(step: Step) -> frozenset[int] | None:
    """Return the object numbers of the pages that ``step`` may have changed the look of.

    Pages that are only in one of the views are among them. None: all of them may look different.
    """
    try:
        if step.before.tree.pages != step.after.tree.pages or _whole_changed(step):
            return None
        old = _Reach(step, step.before, step.after)
        new = _Reach(step, step.after, step.before)
        old.follow(step.changed | step.removed)
        new.follow(step.changed | step.added)
    except InputError:
        return None
    return None if old.everywhere or new.everywhere else frozenset(old.pages | new.pages)


def _whole_changed(step: Step) -> bool:
    """Tell whether the encryption, or what all fields may be drawn with, is another one now."""
    if not same(step.old.trailer.get("Encrypt"), step.new.trailer.get("Encrypt")):
        return True
    was, now = (view.dictionary(view.catalog.get("AcroForm")) for view in (step.old, step.new))
    return any(not same(was.get(key), now.get(key)) for key in _DRAWN[Role.FORM])


@dataclass
class _Reach:
    """The pages that touched objects reach in one view; ``other`` is the other one."""

    step: Step
    here: Skeleton
    other: Skeleton
    pages: set[int] = field(default_factory=set, init=False)
    everywhere: bool = field(default=False, init=False)

    def follow(self, numbers: Iterable[int]) -> None:
        """Follow every object up to pages."""
        for number in sorted(numbers):
            role = self.here.roles.get(number)
            if role is not None:
                self._itself(number, role)
            for anchor, found, key in self.step.entries_in(self.here, number):
                self._by(anchor, found, key)
                if (found, key) == (Role.CATALOG, "AcroForm") and not self._is_listed(number):
                    self.everywhere = True

    def _itself(self, number: int, role: Role) -> None:
        """Judge an object that is a page, an annotation or another part with a role."""
        if role in _ANNOTATION:
            self._annotation(number)
            return
        was = dictionary_of(self.here.view.value(number)) or {}
        now = dictionary_of(self.other.view.value(number)) or {}
        for key in was.keys() | now.keys():
            if not same(was.get(key), now.get(key)):
                self._by(number, role, key)

    def _is_listed(self, number: int) -> bool:
        """Tell whether a form that lies in the catalogue itself has ``number`` for its fields."""
        role = self.here.roles.get(number)
        return role is not None or isinstance(self.here.view.value(number), tuple)

    def _by(self, anchor: int, role: Role, key: str) -> None:
        """Judge a way from ``anchor`` down to a touched object."""
        if role is Role.PAGE and key == "Annots":
            self._annotation_list(anchor)
        elif role is Role.PAGE and key not in _NOT_DRAWN[role]:
            self.pages.add(anchor)
        elif role is Role.PAGES and key not in _NOT_DRAWN[role]:
            self.everywhere = True
        elif role in _ANNOTATION and key not in _ANNOTATION_NOT_DRAWN:
            self._annotation(anchor)
        elif key in _DRAWN.get(role, ()):
            self.everywhere = True

    def _annotation(self, number: int) -> None:
        """Take the pages of an annotation, or of a field's widgets, that a viewer may show."""
        owner = self.here.owners.get(number)
        for part in {number, *(owner.widgets if owner else ())}:
            if any(is_seen(one.view, one.view.value(part)) for one in (self.here, self.other)):
                ways = self.step.entries_in(self.here, part)
                self.pages |= {at for at, role, key in ways if (role, key) == _ON_PAGE}

    def _annotation_list(self, page: int) -> None:
        """Take a page if what stands on it, and can be seen, is not the same or in another order.

        What is new is followed by itself as well, unless the page holds it directly.
        """
        was, now = (_seen_on(one.view, page) for one in (self.here, self.other))
        if len(was) != len(now) or not all(map(same, was, now)):
            self.pages.add(page)


def _seen_on(view: View, page: int) -> tuple[Value, ...]:
    return tuple(one for one in annotations_of(view, page) if is_seen(view, view.resolve(one)))


def is_seen(view: View, annotation: Value) -> bool:
    """Tell whether a viewer may show ``annotation``, rather too often than too rarely."""
    held = dictionary_of(annotation) or {}
    box = box_of(view, held)
    flags = integer(view.resolve(held.get("F"))) or 0
    if flags & _HIDDEN or "Rect" not in held:
        return False
    if box is not None and (box[0] == box[2] or box[1] == box[3]):
        return False
    if name(view.resolve(held.get("Subtype"))) != "Widget" or _kind(view, held) != "Sig":
        return True
    # A signature field that brings no appearance is not given one by anybody.
    return "AP" in held or bool(_COLOURS & view.dictionary(held.get("MK")).keys())


def box_of(view: View, annotation: Dictionary) -> Box | None:
    """Return an annotation's rectangle: left, bottom, right, top; None if it has no proper one."""
    sides = [_number(view.resolve(side)) for side in view.array(annotation.get("Rect"))]
    numbers = [side for side in sides if side is not None]
    if len(sides) != 4 or len(numbers) != 4:
        return None
    x1, x2 = sorted((numbers[0], numbers[2]))
    y1, y2 = sorted((numbers[1], numbers[3]))
    return x1, y1, x2, y2


def _number(value: Value) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if not -_MOST <= value <= _MOST:
        return None
    return float(value)


def _kind(view: View, held: Dictionary) -> str | None:
    above = view.dictionary(held.get("Parent"))
    return name(view.resolve(held.get("FT"))) or name(view.resolve(above.get("FT")))
