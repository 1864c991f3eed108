"""Which text of the file itself refers to an object.

What lies between the beginnings of two objects belongs to the first, unless an object reaches over
others that begin inside a string of its. Those are found (``_reach``), so that no text is given to
the wrong object only.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from itertools import accumulate, chain, pairwise
from operator import sub
from typing import Final

from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.history import History
from antin.pdf.large_streams import text_parts
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
_WINDOW: Final = 128 << 10
_END_BYTES: Final = 64
_PROPER_END: Final = re.compile(rb"[\r\n>\])][\x00\t\n\x0c\r ]*+endobj[\x00\t\n\x0c\r ]*+\Z")
_END: Final = b"endobj"
_NO_BRACKETS: Final = bytes({*range(256)} - {*b"()%"})
_CLOSERS: Final = frozenset({b"\r", b"\n", b">", b"]", b")"})
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
        self.starts = [*dict.fromkeys(sorted([*offsets, *_section_starts(self._parser)]))]
        """Where objects and cross-reference sections begin."""
        self._expected = frozenset(expected)
        self._searched: set[int] = set()
        self._searches = 0
        self._usual = array("Q")
        self._kept: dict[int, tuple[int, ...]] = {}

    def holders(self, target: int) -> tuple[int, ...]:
        """Return where the objects begin in whose text ``target`` seems to be named.

        A cross-reference section may be among them.
        """
        if target not in self._kept:
            if self._searches <= _MAX_SEARCHES and target not in self._searched:
                self._search(target)
            tables = ((self._usual, target), (self._unusual, target), (self._unusual, _UNKNOWN))
            places = chain.from_iterable(_places(table, wanted) for table, wanted in tables)
            owners = (bisect_right(self.starts, at) - 1 for at in places)
            self._kept[target] = tuple({self.starts[owner] for owner in owners if owner >= 0})
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
        source, parts = self._parser.source, text_parts(self._history)
        count = 0
        for low, high in ((at, min(at + CHUNK, b)) for a, b in parts for at in range(a, b, CHUNK)):
            before = min(low, LOOK_BEHIND)
            data = source.pread(low - before, before + high - low + 1)
            for target, at in find(data, before, before + high - low):
                count += 1
                yield (_UNKNOWN if target == UNKNOWN else target) << _SHIFT | (low - before + at)
            if count > _MAX_REFERENCES:
                raise InputError("pdf_too_complex", detail="it has too many references")

    def _reach(self) -> Iterator[int]:
        """Find the objects that end behind the beginning of the next."""
        for start, end, text in self._doubtful():
            sure = text is not None and ends_itself(text)
            if not sure and self._text_end(start) > end:
                yield start

    def _doubtful(self) -> Iterator[tuple[int, int, bytes | None]]:
        """Yield objects with the beginning of the next, and their text if it is not long.

        Left out are those that lie in a row with others that surely end themselves.
        """
        starts, source = self.starts, self._parser.source
        first = 0
        while first < len(starts) - 1:
            last = max(first + 1, bisect_right(starts, starts[first] + _WINDOW) - 1)
            row = starts[first : last + 1]
            is_long = row[-1] - row[0] > _WINDOW
            data = b"" if is_long else source.pread(row[0], row[-1] - row[0])
            if is_long or not in_a_row(data, row):
                for start, end in pairwise(row):
                    yield start, end, None if is_long else data[start - row[0] : end - row[0]]
            first = last

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


def in_a_row(data: bytes, starts: list[int]) -> bool:
    """Tell whether objects that begin at ``starts``, where the last ends ``data``, end themselves.

    Each has to begin right behind the end of the one before, and what :func:`ends_itself` asks.
    """
    pieces = data.split(_END)
    rest = pieces.pop()
    if len(pieces) != len(starts) - 1 or rest.strip(WHITE):
        return False
    at = accumulate((len(piece) + len(_END) for piece in pieces), initial=starts[0])
    gaps = [*map(sub, starts, at)]
    between = {piece[:gap] for piece, gap in zip(pieces, gaps, strict=False)}
    if min(gaps) < 0 or any(text.strip(WHITE) for text in between):
        return False
    if not {piece[-1:] for piece in pieces} <= _CLOSERS or b"%" in data:
        return False
    return b"\\" not in data and _are_balanced(pieces)


def _are_balanced(pieces: list[bytes]) -> bool:
    """Tell whether each of ``pieces``, all without a percent sign, opens as often as it closes."""
    brackets = b"%".join(pieces).translate(None, _NO_BRACKETS).replace(b"()", b"")
    return all(one.count(b"(") == one.count(b")") for one in {*brackets.split(b"%")})


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
