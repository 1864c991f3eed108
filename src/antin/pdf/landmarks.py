"""The words that a PDF's structure is made of, found anywhere in a file, in order.

Only literals are searched for, at the speed of memory, in chunks that overlap; a closer look is
taken at what was found.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError

_BEFORE: Final = 48
"""Bytes before a word that are looked at: a number, a generation, white space, ``endstream``."""
_AFTER: Final = 16
_WHITE: Final = rb"[\x00\t\n\x0c\r ]"
_OBJECT: Final = re.compile(rb"(\d{1,10})" + _WHITE + rb"{1,16}(\d{1,5})" + _WHITE + rb"{1,16}\Z")
_APART: Final = re.compile(rb"\A\Z|[\x00\t\n\x0c\r ()<>\[\]{}/%]\Z|endobj\Z|endstream\Z")
"""What may stand before an object's number."""
_LETTER: Final = re.compile(rb"[A-Za-z]")


MAX_LANDMARKS: Final = 2_000_000
"""Most words that are looked at more closely."""


class Kind(Enum):
    """What a landmark is."""

    OBJECT = auto()
    END_OBJECT = auto()
    STREAM = auto()
    END_STREAM = auto()
    TRAILER = auto()
    CATALOG = auto()
    """The name /Catalog; whether it is a type has to be seen."""


class Landmark(NamedTuple):
    """A word of the structure, from ``start`` up to ``end``."""

    kind: Kind
    start: int
    end: int
    number: int = 0
    """Of an object; its ``start`` is the number's first digit."""
    generation: int = 0


_NEEDLES: Final = (b"obj", b"stream", b"trailer", b"/Catalog")


def landmarks(source: ByteSource) -> Iterator[Landmark]:
    """Yield the landmarks of ``source`` by the offset of their word.

    Error: ``pdf_too_complex``.
    """
    looked_at = 0
    for start in range(0, source.size, CHUNK):
        base = max(0, start - _BEFORE)
        data = source.pread(base, start - base + CHUNK + _AFTER)
        first, last = start - base, start - base + CHUNK
        hits = [(at, needle) for needle in _NEEDLES for at in _hits(data, needle, first, last)]
        looked_at += len(hits)
        if looked_at > MAX_LANDMARKS:
            raise InputError("pdf_too_complex", detail=f"more than {MAX_LANDMARKS} parts")
        for at, needle in sorted(hits):
            found = _landmark(data, base, at, needle)
            if found is not None:
                yield found


def _hits(data: bytes, needle: bytes, first: int, last: int) -> Iterator[int]:
    """Yield where ``needle`` begins, from ``first`` up to ``last``."""
    end = last + len(needle) - 1
    at = data.find(needle, first, end)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1, end)


def _landmark(data: bytes, base: int, at: int, needle: bytes) -> Landmark | None:
    start, end = base + at, base + at + len(needle)
    is_end = data.endswith(b"end", 0, at)
    if needle == b"stream" and is_end:
        return Landmark(Kind.END_STREAM, start - 3, end)
    if needle == b"obj" and is_end:
        return Landmark(Kind.END_OBJECT, start - 3, end)
    if _LETTER.match(data, end - base):
        return None
    if needle == b"obj":
        return _object(data, base, at)
    return Landmark(_PLAIN[needle], start, end)


_PLAIN: Final = {b"stream": Kind.STREAM, b"trailer": Kind.TRAILER, b"/Catalog": Kind.CATALOG}


def _object(data: bytes, base: int, at: int) -> Landmark | None:
    near = max(0, at - _BEFORE)
    found = _OBJECT.search(data, near, at)
    if found is None or not _APART.search(data, max(0, found.start() - 9), found.start()):
        return None
    number, generation = found.groups()
    return Landmark(Kind.OBJECT, base + found.start(), base + at + 3, int(number), int(generation))
