"""Signatures that no form field reaches: every ``/ByteRange`` in the file must be accounted for.

An attacker can leave a signature's bytes in the file and take it out of the form, or hide one where
only some viewers look. So the bytes themselves are searched, and each hit must lie in an object
that is a known signature, or in the data of a stream, which no viewer reads as objects.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.history import History, Unreadable, View
from antin.pdf.large_streams import Part, text_parts
from antin.pdf.objects import Dictionary, Ref, Stream, Value, dictionary_of, same
from antin.pdf.xref import Place

_NEEDLE: Final = b"/ByteRange"
_MAX_HITS: Final = 5_000


def stray_signatures(source: ByteSource, view: View, owners: Iterable[int]) -> tuple[int, ...]:
    """Return the offsets of ``/ByteRange`` that belong to none of the objects ``owners``.

    Error: ``pdf_too_complex`` when there are more than a few thousand of them.
    """
    hits = tuple(_hits(source, text_parts(view.history)))
    if not hits:
        return ()
    known = [(n, place) for n in owners if (place := view.place(n)) is not None]
    search = _Search(view.history, known)
    return tuple(hit for hit in hits if not search.explains(hit))


def _hits(source: ByteSource, parts: tuple[Part, ...]) -> Iterator[int]:
    """Yield where the word begins in ``parts``; in a stream's data it would not count."""
    found = 0
    pieces = ((at, min(CHUNK, end - at)) for start, end in parts for at in range(start, end, CHUNK))
    for start, length in pieces:
        chunk = source.pread(start, length + len(_NEEDLE) - 1)
        at = chunk.find(_NEEDLE)
        while at >= 0:
            found += 1
            if found > _MAX_HITS:
                raise InputError("pdf_too_complex", detail=f"more than {_MAX_HITS} byte ranges")
            yield start + at
            at = chunk.find(_NEEDLE, at + 1)


class _Search:
    def __init__(self, history: History, known: list[tuple[int, Place]]) -> None:
        self._history = history
        self._offsets = history.parser.index.offsets
        self._ends = {place.where: _end(history, number, place) for number, place in known}
        values = (history.value(number, place) for number, place in known)
        self._signatures = [d for value in values for d in _signatures_in(value)]

    def explains(self, hit: int) -> bool:
        """Tell whether ``hit`` lies in the last object before it, and that one may hold it."""
        at = bisect_right(self._offsets, hit) - 1
        if at < 0:
            return False
        start = self._offsets[at]
        return hit < self._ends.get(start, 0) or any(
            self._holds(hit, number, place) for number, place in self._by_offset[start]
        )

    def _holds(self, hit: int, number: int, place: Place) -> bool:
        value = self._history.value(number, place)
        if isinstance(value, Unreadable) or hit >= self._history.parser.end_of(number, place):
            return False
        inside = _signatures_in(value)
        if not inside:
            return isinstance(value, Stream)
        return all(any(same(one, other) for other in self._signatures) for one in inside)

    @cached_property
    def _by_offset(self) -> dict[int, list[tuple[int, Place]]]:
        """The objects that are said to begin at each offset; needed for unknown ones only."""
        found: dict[int, list[tuple[int, Place]]] = defaultdict(list)
        for number, place in self._history.parser.index.all_places():
            if isinstance(place.where, int):
                found[place.where].append((number, place))
        return found


def _end(history: History, number: int, place: Place) -> int:
    """Return where an object ends; 0 if it can't be read or lies in an object stream."""
    if not isinstance(place.where, int) or isinstance(history.value(number, place), Unreadable):
        return 0
    return history.parser.end_of(number, place)


def _signatures_in(value: Value | Unreadable) -> list[Dictionary]:
    """Return the signature dictionaries that an object is, or holds as a field's direct value."""
    if isinstance(value, Unreadable | Ref):
        return []
    outer = dictionary_of(value) or {}
    inner = dictionary_of(outer.get("V")) or {}
    return [found for found in (outer, inner) if "ByteRange" in found]
