"""Form fields and the signatures in them, walked without recursion and within bounds."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import RecordingView, View
from antin.pdf.objects import Dictionary, Ref, Value, name, text

MAX_FIELDS: Final = 50_000
MAX_KIDS: Final = 500_000
"""Of all fields together: they may share a long list, which each of them is read with."""
MAX_LETTERS: Final = 10_000_000
"""Of all full names together: each holds those above it, and a deep tree\'s grow by its square."""
_FIELD_KEYS: Final = frozenset({"T", "FT", "V", "Kids"})
"""A kid with any of these is a field of its own; without them it is a mere widget."""


@dataclass(frozen=True)
class FormField:
    """A node of the field tree that has a name, or a type, of its own."""

    name: str
    """Fully qualified: partial names joined by full stops."""
    number: int | None
    """Object number; None if the dictionary lies directly in an array."""
    parent: int | None
    kind: str | None
    """``Sig``, ``Tx``, ``Btn``, ``Ch``, or None; inherited ones included."""
    dictionary: Dictionary
    widgets: tuple[int, ...]
    """Object numbers of kids that are widgets of this field, and no fields."""

    @property
    def value(self) -> Value:
        """The field's own /V, unresolved."""
        return self.dictionary.get("V")


@dataclass(frozen=True)
class _Pending:
    item: Value
    prefix: str
    kind: str | None
    parent: int | None


_Read = tuple[FormField, list[_Pending], int]
"""A field, the fields below it, and how many kids it has in all."""


def form_fields(view: View) -> tuple[FormField, ...]:
    """Return all fields of ``view`` in order; ``pdf_too_complex`` when there is no end of them."""
    return FieldReader().read(view)


class FieldReader:
    """Reads the fields of one view after another; what stays the same is read once.

    A field that is the same object as before is not touched, nor its value, nor its widgets.
    """

    def __init__(self) -> None:
        self._known: dict[_Pending, _Read] = {}
        self._users: dict[int, set[_Pending]] = defaultdict(set)
        """By number of an object, what was made of it."""

    def forget(self, numbers: Iterable[int]) -> None:
        """Forget what was made of the objects ``numbers``: the next view has others."""
        for number in numbers:
            for step in self._users.pop(number, ()):
                self._known.pop(step, None)

    def read(self, view: View) -> tuple[FormField, ...]:
        """Return all fields of ``view`` in order; ``pdf_too_complex`` without an end of them."""
        form = view.dictionary(view.catalog.get("AcroForm"))
        listed = view.array(form.get("Fields"))
        pending = [_Pending(kid, "", None, None) for kid in reversed(listed)]
        found: list[FormField] = []
        seen: set[int] = set()
        letters = kids = 0
        while pending:
            step = pending.pop()
            if isinstance(step.item, Ref):
                if step.item.number in seen:
                    continue
                seen.add(step.item.number)
            field, below, count = self._field(view, step)
            found.append(field)
            pending.extend(reversed(below))
            kids += count
            if kids > MAX_KIDS:
                raise InputError("pdf_too_complex", detail=f"more than {MAX_KIDS} parts of fields")
            if len(found) + len(pending) > MAX_FIELDS:
                raise InputError("pdf_too_complex", detail=f"more than {MAX_FIELDS} form fields")
            letters += len(field.name)
            if letters > MAX_LETTERS:
                raise InputError("pdf_too_complex", detail="its form fields' names are too long")
        return tuple(found)

    def _field(self, view: View, step: _Pending) -> _Read:
        if not isinstance(step.item, Ref):
            return _field(view, step)
        if step not in self._known:
            recording = RecordingView(view.history, view.section, view.trailer)
            self._known[step] = _field(recording, step)
            value = self._known[step][0].value
            for number in recording.asked | ({value.number} if isinstance(value, Ref) else set()):
                self._users[number].add(step)
        return self._known[step]


def _field(view: View, step: _Pending) -> _Read:
    dictionary = view.dictionary(step.item)
    number = step.item.number if isinstance(step.item, Ref) else None
    partial = text(view.resolve(dictionary.get("T")))
    full = ".".join(part for part in (step.prefix, partial) if part)
    kind = name(view.resolve(dictionary.get("FT"))) or step.kind
    own: list[_Pending] = []
    widgets: list[int] = []
    kids = view.array(dictionary.get("Kids"))
    for kid in kids:
        if not _FIELD_KEYS.isdisjoint(view.dictionary(kid)):
            own.append(_Pending(kid, full, kind, number))
        elif isinstance(kid, Ref):
            widgets.append(kid.number)
    field = FormField(full, number, step.parent, kind, dictionary, tuple(widgets))
    return field, own, len(kids)
