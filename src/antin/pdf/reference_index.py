"""Which text of the file itself refers to an object.

What lies between the beginnings of two objects belongs to the first, unless an object reaches over
others. It can where the next does not begin right behind an end (``_run``), or where a string or a
comment hides one (``_reach``). Those are found, so that no text is given to the wrong object only.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from itertools import chain, pairwise
from typing import Final

from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.history import History
from antin.pdf.large_streams import Part, text_parts
from antin.pdf.lexer import WHITE
from antin.pdf.parser import Parser
from antin.pdf.reference_text import (
    LOOK_BEHIND,
    UNKNOWN,
    unusual_references,
    usual_references,
)

_MAX_REFERENCES: Final = 3_000_000
_MAX_SEARCHES: Final = 6
"""So often the text is searched for references to some objects, then for all."""
_LARGE: Final = 64 << 10
_END_BYTES: Final = 64
_PROPER_END: Final = re.compile(rb"[\r\n>\])][\x00\t\n\x0c\r ]*+endobj[\x00\t\n\x0c\r ]++\Z")
"""Whoever reads over this is in a comment, or in a string with brackets."""
STRINGS: Final = re.compile(
    rb"[^(]*+(?:\([^()\\e]*+(?:(?:\\.|e(?!ndobj))[^()\\e]*+)*+\)[^(]*+)*+", re.DOTALL
)
COMMENTS: Final = re.compile(rb"[^%]*+(?:%[^\r\ne]*+(?:e(?!ndobj)[^\r\ne]*+)*+[\r\n][^%]*+)*+")
"""Text up to a string or comment that may hide an end: all of it in one match."""
_SHIFT: Final = 30
"""Bits of an offset: no file is larger than a gibibyte."""
_UNKNOWN: Final = 10**10
"""The target of text that may refer to anything: no object number has so many digits."""


class ReferenceIndex:
    """The references in the text of a file, by target; only those that somebody asks for.

    Each search is for ``expected``, or what is asked for besides; of many, the last is for all.
    """

    def __init__(self, history: History, expected: Iterable[int] = ()) -> None:
        self._history = history
        self._parser = history.parser
        offsets = history.parser.index.offsets
        self.starts = sorted([*offsets, *_section_starts(self._parser)])
        """Where objects and cross-reference sections begin, some perhaps twice."""
        self._expected = frozenset(expected)
        self._searched: set[int] = set()
        self._searches = 0
        self._usual = array("Q")
        self._kept: dict[int, tuple[int, ...]] = {}
        self._runs: dict[int, tuple[int, ...]] = {}

    def holders(self, target: int) -> tuple[int, ...]:
        """Return where the objects begin in whose text ``target`` seems to be named.

        As :meth:`owners` of each reference.
        """
        if target not in self._kept:
            if self._searches <= _MAX_SEARCHES and target not in self._searched:
                self._search(target)
            tables = ((self._usual, target), (self._unusual, target), (self._unusual, _UNKNOWN))
            places = chain.from_iterable(_places(table, wanted) for table, wanted in tables)
            self._kept[target] = tuple(set[int]().union(*map(self.owners, places)))
        return self._kept[target]

    @cached_property
    def reaching(self) -> tuple[int, ...]:
        """Where the objects begin whose text reaches over the beginning of another."""
        return tuple(self._reach())

    def _search(self, target: int) -> None:
        self._searches += 1
        wanted = {target, *self._expected} - self._searched
        self._searched |= wanted
        if self._searches <= _MAX_SEARCHES:
            found = self._found(partial(usual_references, wanted=wanted))
            self._usual = _table(chain(self._usual, found))
        else:
            self._usual = _table(self._found(usual_references))

    @cached_property
    def _unusual(self) -> "array[int]":
        return _table(self._found(unusual_references))

    def _found(self, find: Callable[[bytes, int, int], Iterable[tuple[int, int]]]) -> Iterator[int]:
        """Yield target and offset of each reference that ``find`` tells of, as one number."""
        count = 0
        for low, high in self._chunks():
            before = min(low, LOOK_BEHIND)
            data = self._parser.source.pread(low - before, before + high - low + 1)
            for target, at in find(data, before, before + high - low):
                count += 1
                yield (_UNKNOWN if target == UNKNOWN else target) << _SHIFT | (low - before + at)
            if count > _MAX_REFERENCES:
                raise InputError("pdf_too_complex", detail="it has too many references")

    def _chunks(self) -> Iterator[Part]:
        for start, end in text_parts(self._history):
            for low in range(start, end, CHUNK):
                yield low, min(low + CHUNK, end)

    def owners(self, at: int) -> set[int]:
        """Return where the objects begin to which the text at ``at`` may belong.

        Not those that are :attr:`reaching`. A cross-reference section may be among them.
        """
        index = bisect_right(self.starts, at) - 1
        return {self.starts[index], *self._run(index)} if index >= 0 else set()

    def _reach(self) -> Iterator[int]:
        """Find the objects that end behind the beginning of the next, and hide that they do."""
        for low, high in self._chunks():
            data = self._parser.source.pread(low, high - low)
            for pattern in (STRINGS, COMMENTS):
                at: int | None = 0
                while at is not None and (found := hidden_end(pattern, data, at)) is not None:
                    index = bisect_right(self.starts, low + found) - 1
                    if index >= 0:
                        yield from self._run(index)
                    # What else begins in this object says nothing new: on to the next one.
                    at = next((start - low for start in self.starts[index + 1 : index + 2]), None)

    def _run(self, index: int) -> tuple[int, ...]:
        """Return those that end behind the beginning of the next, of a run of objects.

        Each but the first of a run is not right behind the end of another: what lies in one of them
        may belong to any of them.
        """
        if index not in self._runs:
            first, behind = index, index + 1
            while first > 0 and not self._is_behind_end(first):
                first -= 1
            while behind < len(self.starts) and not self._is_behind_end(behind):
                behind += 1
            run = pairwise(self.starts[first : behind + 1])
            found = tuple(start for start, end in run if self._reaches(start, end))
            self._runs |= dict.fromkeys(range(first, behind), found)
        return self._runs[index]

    def _is_behind_end(self, index: int) -> bool:
        """Tell whether an end stands between an object and the one before it."""
        start = self.starts[index]
        before = max(self.starts[index - 1], start - _END_BYTES)
        return _PROPER_END.search(self._parser.source.pread(before, start - before)) is not None

    def _reaches(self, start: int, end: int) -> bool:
        text = self._parser.source.pread(start, min(end - start, _LARGE))
        return start < end and not ends_itself(text) and self._text_end(start) > end

    def _text_end(self, start: int) -> int:
        try:
            return self._parser.text_end(start)
        except InputError as error:
            if error.code == "pdf_too_complex":
                raise
            return 0  # what can't be read refers to nothing


def _table(packed: Iterable[int]) -> "array[int]":
    """Return an index that many references in take little memory."""
    return array("Q", sorted(packed))


def _places(table: "array[int]", target: int) -> list[int]:
    """Return the offsets of the references to ``target`` in ``table``."""
    low, high = (bisect_left(table, one << _SHIFT) for one in (target, target + 1))
    return [packed & ((1 << _SHIFT) - 1) for packed in table[low:high]]


def hidden_end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int | None:
    """Return the next index of a string or comment that may hold the end of an object.

    A string that holds brackets is one, and what does not end in ``data``.
    """
    end = next(pattern.finditer(data, at)).end()
    return end if end < len(data) else None


def ends_itself(text: bytes) -> bool:
    """Tell whether an object with ``text`` up to the next one surely ends in it, if it is one.

    It has to have its end there, and not inside a string: then there would be more opening than
    closing brackets. Where comments or escapes could hide some, the answer is no.
    """
    head, keyword, _ = text.partition(b"stream")
    if keyword and head.rstrip(WHITE).endswith(b">>"):
        text = head
    elif not _PROPER_END.search(text[-_END_BYTES:]):
        return False
    plain = b"%" not in text and b"\\" not in text
    return plain and text.count(b"(") == text.count(b")")


def _section_starts(parser: Parser) -> Iterator[int]:
    for section in parser.sections:
        yield section.start
