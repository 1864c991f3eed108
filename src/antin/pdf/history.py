"""The objects of a file through its revisions: each version parsed once, looked up by revision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from antin.core.errors import InputError
from antin.pdf.deviations import Deviation
from antin.pdf.objects import Dictionary, Ref, Value, dictionary_of, references
from antin.pdf.parser import Parser
from antin.pdf.xref import Place

_MAX_HOPS: Final = 8
_MAX_KEPT: Final = 16 << 20
"""Cost of the objects that are kept parsed, and again as much: more of them are read twice."""
_LINK_COST: Final = 200
_BASE_COST: Final = 100
_MAX_ODD: Final = 50_000
_Key = tuple[int, int]
"""Object number and section."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for an object that is listed but can't be read; equal only to the same bytes."""

    place: Place


class History:
    """Every version of every object."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.text_parts: tuple[tuple[int, int], ...] | None = None
        """Kept for :func:`antin.pdf.large_streams.text_parts`."""
        self._values: _Kept[Value | Unreadable] = _Kept()
        self._links: _Kept[dict[int, list[str]]] = _Kept()
        self._odd: dict[_Key, tuple[Deviation, ...]] = {}

    def place(self, number: int, section: int) -> Place | None:
        """Return where object ``number`` lies as of ``section``; None if it does not exist."""
        return self.parser.index.place(number, section)

    def value(self, number: int, place: Place) -> Value | Unreadable:
        """Return the object at ``place``; ``pdf_too_complex`` is the only error."""
        key = (number, place.section)
        if not self._values.has(key):
            before = self.parser.cost
            value = self._read(number, place)
            self._values.keep(key, value, self.parser.cost - before)
        return self._values.kept(key)

    def links(self, number: int, place: Place) -> Mapping[int, Sequence[str]]:
        """Return what the object at ``place`` refers to: by number, the top keys."""
        key = (number, place.section)
        if not self._links.has(key):
            found = self.value(number, place)
            own: dict[int, list[str]] = {}
            for name, ref in () if isinstance(found, Unreadable) else references(found):
                own.setdefault(ref.number, []).append(name)
            self._links.keep(key, own, _LINK_COST * len(own))
        return self._links.kept(key)

    def oddities(self, number: int, place: Place) -> tuple[Deviation, ...]:
        """Return what is odd about the object at ``place``, that it can't be read included."""
        self.value(number, place)
        return self._odd.get((number, place.section), ())

    def numbers(self) -> frozenset[int]:
        """Return every object number that any section names."""
        return frozenset(number for number, _ in self.parser.index.all_places())

    def named_in(self, sections: Iterable[int]) -> frozenset[int]:
        """Return every object number that ``sections`` name."""
        found = (self.parser.sections[i].entries.items() for i in sections)
        return frozenset(number for items in found for number, _ in items)

    def _read(self, number: int, place: Place) -> Value | Unreadable:
        try:
            value, notes = self.parser.read(number, place)
        except InputError as error:
            if error.code == "pdf_too_complex":
                raise
            offset = error.values.get("offset")
            at = offset if isinstance(offset, int) else None
            self._note(number, place, (Deviation("pdf_object_unreadable", at),))
            return Unreadable(place)
        if notes:
            self._note(number, place, notes)
        return value

    def _note(self, number: int, place: Place, notes: tuple[Deviation, ...]) -> None:
        self._odd[number, place.section] = notes
        if len(self._odd) > _MAX_ODD:
            raise InputError("pdf_too_complex", detail=f"more than {_MAX_ODD} odd objects")


class _Kept(Generic[T]):
    """The values used last: when they weigh too much, those not used for long are dropped."""

    def __init__(self) -> None:
        self._new: dict[_Key, tuple[T, int]] = {}
        self._old: dict[_Key, tuple[T, int]] = {}
        self._weight = 0

    def has(self, key: _Key) -> bool:
        if key in self._new:
            return True
        if key not in self._old:
            return False
        self.keep(key, *self._old[key])
        return True

    def kept(self, key: _Key) -> T:
        """Return what :meth:`has` just found, or :meth:`keep` just kept."""
        return self._new[key][0]

    def keep(self, key: _Key, value: T, weight: int) -> None:
        if self._weight > _MAX_KEPT:
            self._new, self._old, self._weight = {}, self._new, 0
        self._new[key] = value, weight
        self._weight += _BASE_COST + weight


@dataclass(frozen=True, eq=False)
class View:
    """The file as a reader of its first revisions, up to ``section``, sees it."""

    history: History
    section: int
    trailer: Dictionary

    def place(self, number: int) -> Place | None:
        """Return where object ``number`` lies in this view."""
        return self.history.place(number, self.section)

    def object(self, number: int) -> Value | Unreadable:
        """Return object ``number``; null (None) if it does not exist."""
        place = self.place(number)
        return None if place is None else self.history.value(number, place)

    def value(self, number: int) -> Value:
        """Return object ``number``; null also if it can't be read."""
        found = self.object(number)
        return None if isinstance(found, Unreadable) else found

    def resolve(self, value: Value) -> Value:
        """Return ``value``, or what it refers to; null for what can't be read."""
        for _ in range(_MAX_HOPS):
            if not isinstance(value, Ref):
                return value
            place = self.place(value.number)
            if place is None or place.generation != value.generation:
                return None
            found = self.history.value(value.number, place)
            value = None if isinstance(found, Unreadable) else found
        return None

    def dictionary(self, value: Value) -> Dictionary:
        """Return the dictionary that ``value`` is or refers to; empty if it is none."""
        return dictionary_of(self.resolve(value)) or {}

    def array(self, value: Value) -> tuple[Value, ...]:
        """Return the array that ``value`` is or refers to; empty if it is none."""
        found = self.resolve(value)
        return found if isinstance(found, tuple) else ()

    @property
    def catalog(self) -> Dictionary:
        """The document catalog; empty if there is none."""
        return self.dictionary(self.trailer.get("Root"))


@dataclass(frozen=True, eq=False)
class RecordingView(View):
    """A view that notes the number of every object that it is asked for."""

    asked: set[int] = field(default_factory=set)

    def place(self, number: int) -> Place | None:
        self.asked.add(number)
        return super().place(number)


def view_at(history: History, section: int) -> View:
    """Return the view of the file as of ``section``."""
    return View(history, section, history.parser.trailer(section))
