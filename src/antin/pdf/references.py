"""Who refers to an object? Answered from the text, and made sure of by the parsed object."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import History, View
from antin.pdf.objects import references
from antin.pdf.reference_index import ReferenceIndex
from antin.pdf.reference_text import UNKNOWN, unusual_references, usual_references
from antin.pdf.xref import Place

TRAILER: Final = 0
"""Stands for the trailer; object 0 never exists."""
_Parent = tuple[int, str]
"""An object number, and the topmost key under which it refers."""
_Version = tuple[int, int]
"""An object stream: its number, and the section that has it."""


class References:
    """Who refers to whom in one file, in any of its revisions.

    It will be asked of ``expected``; any other object costs a search of its own.
    """

    def __init__(self, history: History, expected: Iterable[int] = ()) -> None:
        self._history = history
        self._expected = expected
        self._in_streams: dict[int, set[_Version]] = defaultdict(set)
        """Target to the object streams in whose text it seems to be named."""
        self._searched: set[_Version] = set()
        self._held: dict[int, dict[int, set[int]]] = {}
        self._owners: dict[int, int | None] = {}
        """The number of the object at each offset that was looked at."""
        self._versions: dict[int, frozenset[_Version]] = {}
        self._links: dict[tuple[int, _Version], dict[int, list[_Parent]]] = {}

    def parents(self, view: View, number: int) -> frozenset[_Parent]:
        """Return all objects of ``view`` that refer to ``number``, reachable or not, by their keys.

        The trailer is among them as object 0. Error: ``pdf_too_complex``.
        """
        found = {(TRAILER, key) for key, ref in references(view.trailer) if ref.number == number}
        for holders in (self._holders(number), self._reaching):
            for owner, starts in holders.items():
                found.update(self._in(view, owner, starts, number))
        for version in self._streams_of(view, number):
            found.update(self._links_in(view, version).get(number, ()))
        return frozenset(found)

    @cached_property
    def index(self) -> ReferenceIndex:
        """The references in the text of the file itself."""
        return ReferenceIndex(self._history, self._expected)

    def _holders(self, number: int) -> dict[int, set[int]]:
        """Return the objects in whose text ``number`` seems to be named, and where they begin."""
        if number not in self._held:
            self._held[number] = self._by_owner(self.index.holders(number))
        return self._held[number]

    @cached_property
    def _reaching(self) -> dict[int, set[int]]:
        return self._by_owner(self.index.reaching)

    def _by_owner(self, starts: Iterable[int]) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for start in starts:
            if start not in self._owners:
                self._owners[start] = self._history.parser.number_at(start)
            owner = self._owners[start]
            if owner is not None:
                found[owner].add(start)
        return found

    def _in(self, view: View, owner: int, starts: set[int], number: int) -> Iterator[_Parent]:
        """Yield how ``owner``, if ``view`` has it at one of ``starts``, refers to ``number``."""
        place = view.place(owner)
        if place is not None and place.where in starts:
            for key in self._history.links(owner, place).get(number, ()):
                yield owner, key

    def _streams_of(self, view: View, number: int) -> frozenset[_Version]:
        """Return the object streams of ``view`` in whose text ``number`` seems to be named."""
        if view.section not in self._versions:
            places = ((n, view.place(n)) for n in self._history.parser.index.containers)
            found = frozenset((n, place.section) for n, place in places if place is not None)
            self._versions[view.section] = found
            for version in found - self._searched:
                self._search(*version)
        named = self._in_streams.get(number, set()) | self._in_streams.get(UNKNOWN, set())
        return self._versions[view.section] & named

    def _search(self, number: int, section: int) -> None:
        self._searched.add((number, section))
        try:
            data = self._history.parser.container(number, section).data
        except InputError as error:
            if error.code == "pdf_too_complex":
                raise
            return  # nothing in it can be read
        for find in (usual_references, unusual_references):
            for target, _ in find(data, 0, len(data)):
                self._in_streams[target].add((number, section))

    def _links_in(self, view: View, version: _Version) -> dict[int, list[_Parent]]:
        """Return all references of the objects that ``view`` has in an object stream."""
        key = (view.section, version)
        if key not in self._links:
            self._links[key] = defaultdict(list)
            for number in {*self._history.parser.container(*version).numbers}:
                place = view.place(number)
                if place is not None and _lies_in(place, version[0]):
                    for target, names in self._history.links(number, place).items():
                        self._links[key][target] += [(number, name) for name in names]
        return self._links[key]


def _lies_in(place: Place, container: int) -> bool:
    return isinstance(place.where, tuple) and place.where[0] == container
