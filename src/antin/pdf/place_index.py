"""Where each object lies as of each section, without a table of all objects."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Final

from antin.core.errors import InputError
from antin.pdf.xref import Place, Section

_RAW_SECTIONS: Final = 16
_SMALL: Final = 512
"""Sections with fewer entries are merged; the oldest never is, it has most objects."""
_MAX_MERGED: Final = 500_000


class PlaceIndex:
    """The largest sections are looked into as they are; the others are merged beforehand."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._sections = sections
        order = sorted(range(len(sections)), key=lambda i: -len(sections[i].entries))
        large = [i for i in order if i == 0 or len(sections[i].entries) > _SMALL]
        raw = sorted(large[:_RAW_SECTIONS], reverse=True)
        merged = sorted({*order} - {*raw})
        self._raw = [(i, sections[i].entries) for i in raw]
        self._merged: dict[int, list[Place]] = defaultdict(list)
        if sum(len(sections[i].entries) for i in merged) > _MAX_MERGED:
            raise InputError("pdf_too_complex", detail="it was rewritten too often")
        for i in merged:
            for number, entry in sections[i].entries.items():
                self._merged[number].append(Place(i, *entry))

    def newest(self, number: int, section: int) -> Place | None:
        """Return the newest word on ``number`` up to ``section``; it may say that it is freed."""
        places = self._merged.get(number)
        found: Place | None = None
        if places:
            at = bisect_right(places, section, key=lambda place: place.section) - 1
            found = places[at] if at >= 0 else None
        for i, entries in self._raw:
            if found is not None and i < found.section:
                break
            entry = entries.find(number) if i <= section else None
            if entry is not None:
                return Place(i, *entry)
        return found

    def place(self, number: int, section: int) -> Place | None:
        """Return where ``number`` lies as of ``section``; None if it does not exist.

        An object in an object stream changes with it: where the stream is newer, its section is
        the object's.
        """
        found = self.newest(number, section)
        if found is None or found.where is None:
            return None
        if isinstance(found.where, tuple):
            container = self.newest(found.where[0], section)
            if container is not None and container.section > found.section:
                return Place(container.section, found.generation, found.where)
        return found

    def all_places(self) -> Iterator[tuple[int, Place]]:
        """Yield every number and every place that any section gives it, section by section."""
        for i, section in enumerate(self._sections):
            for number, entry in section.entries.items():
                yield number, Place(i, *entry)

    @cached_property
    def containers(self) -> frozenset[int]:
        """The numbers of all object streams that any section names."""
        return frozenset(chain.from_iterable(s.entries.containers() for s in self._sections))

    @cached_property
    def offsets(self) -> list[int]:
        """Where every version of every object in the file itself begins, in order."""
        return sorted(chain.from_iterable(s.entries.offsets() for s in self._sections))
