"""The objects of a file through its revisions: each version parsed once, looked up by revision."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError
from antin.pdf.objects import Dictionary, Ref, Value, dictionary_of, references
from antin.pdf.parser import Parser, Place

_MAX_HOPS: Final = 8


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for an object that is listed but can't be read; equal only to the same bytes."""

    place: Place


class History:
    """Every version of every object."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self._places: dict[int, list[Place]] = defaultdict(list)
        for section in range(len(parser.sections)):
            for number, place in parser.entries(section).items():
                self._places[number].append(place)
        self._values: dict[tuple[int, int], Value | Unreadable] = {}
        self._links: dict[tuple[int, int], tuple[tuple[str, Ref], ...]] = {}

    def place(self, number: int, section: int) -> Place | None:
        """Return where object ``number`` lies as of ``section``; None if it does not exist."""
        places = self._places.get(number)
        if not places:
            return None
        at = bisect_right(places, section, key=lambda place: place.section) - 1
        return places[at] if at >= 0 and places[at].where is not None else None

    def value(self, number: int, place: Place) -> Value | Unreadable:
        """Return the object at ``place``; ``pdf_too_complex`` is the only error."""
        key = (number, place.section)
        if key not in self._values:
            self._values[key] = self._read(number, place)
        return self._values[key]

    def links(self, number: int, place: Place) -> tuple[tuple[str, Ref], ...]:
        """Return the references that the object at ``place`` holds, with their top keys."""
        key = (number, place.section)
        if key not in self._links:
            found = self.value(number, place)
            self._links[key] = () if isinstance(found, Unreadable) else tuple(references(found))
        return self._links[key]

    def numbers(self) -> tuple[int, ...]:
        """Return every object number that any section names."""
        return tuple(self._places)

    def all_places(self, number: int) -> tuple[Place, ...]:
        """Return every place where ``number`` ever lay, oldest first."""
        return tuple(self._places.get(number, ()))

    def _read(self, number: int, place: Place) -> Value | Unreadable:
        try:
            return self.parser.read(number, place)
        except InputError as error:
            if error.code == "pdf_too_complex":
                raise
            return Unreadable(place)


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


def view_at(history: History, section: int) -> View:
    """Return the view of the file as of ``section``."""
    return View(history, section, history.parser.trailer(section))
