"""Which text of the file itself refers to an object: a sorted list of (target, object).

What lies between the beginnings of two objects belongs to the first, unless an object reaches over
others that begin inside a string of its. Those are found (``_reach``), so that no text is given to
the wrong object only.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final

from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.lexer import WHITE
from antin.pdf.parser import Parser
from antin.pdf.reference_text import LOOK_BEHIND, UNKNOWN, textual_references

_MAX_REFERENCES: Final = 3_000_000
_LARGE: Final = 64 << 10
_END_BYTES: Final = 64
_PROPER_END: Final = re.compile(rb"[\x00\t\n\x0c\r >\])]endobj[\x00\t\n\x0c\r ]*+\Z")
_SHIFT: Final = 24
_UNKNOWN: Final = 10**10
"""The target of text that may refer to anything: no object number has so many digits."""


class ReferenceIndex:
    """The references in the text of a file, by target."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._objects = frozenset(parser.index.offsets)
        self._starts = sorted({*self._objects, *_section_starts(parser)})
        self._hits = array("Q", sorted(self._found()))
        self.reaching = tuple(self._reach())
        """Where the objects begin whose text reaches over the beginning of another."""

    def holders(self, target: int) -> Iterator[int]:
        """Yield where the objects begin in whose text, or stream, ``target`` seems to be named."""
        for wanted in (target, _UNKNOWN):
            low = bisect_left(self._hits, wanted << _SHIFT)
            high = bisect_left(self._hits, (wanted + 1) << _SHIFT)
            for hit in self._hits[low:high]:
                yield self._starts[hit & ((1 << _SHIFT) - 1)]

    def _found(self) -> set[int]:
        source = self._parser.source
        found: set[int] = set()
        for low in range(0, source.size, CHUNK):
            before = min(low, LOOK_BEHIND)
            data = source.pread(low - before, before + CHUNK + 1)
            end = min(before + CHUNK, len(data))
            for target, at in textual_references(data, before, end):
                owner = bisect_right(self._starts, low - before + at) - 1
                if owner >= 0 and self._starts[owner] in self._objects:
                    found.add((_UNKNOWN if target == UNKNOWN else target) << _SHIFT | owner)
            if len(found) > _MAX_REFERENCES:
                raise InputError("pdf_too_complex", detail="it has too many references")
        return found

    def _reach(self) -> Iterator[int]:
        """Find the objects that end behind the beginning of the next."""
        source = self._parser.source
        low, data = 0, b""
        for start, end in zip(self._starts, self._starts[1:], strict=False):
            if start not in self._objects:
                continue
            if end - start <= _LARGE:
                if end > low + len(data):
                    low, data = start, source.pread(start, CHUNK)
                if ends_itself(data[start - low : end - low]):
                    continue
            if self._text_end(start) > end:
                yield start

    def _text_end(self, start: int) -> int:
        try:
            return self._parser.text_end(start)
        except InputError as error:
            if error.code == "pdf_too_complex":
                raise
            return 0  # what can't be read refers to nothing


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
