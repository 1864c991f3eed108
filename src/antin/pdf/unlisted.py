"""What stands in an update and is named by no cross-reference of it.

Who reads by the cross-reference never sees it. A program that can't find its way, or doesn't care,
looks for objects in the whole file, and takes the last of each number.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.deviations import Deviation
from antin.pdf.indirect import HEAD
from antin.pdf.lexer import SKIP, WHITE
from antin.pdf.reference_text import LOOK_BEHIND, wide_targets
from antin.pdf.xref import Section

_OBJECT: Final = b"obj"
_TRAILER: Final = b"trailer"
_DICTIONARY: Final = re.compile(SKIP + rb"(?:<<|\Z)")
_NUMERIC: Final = frozenset(b"0123456789+-.")
_HEAD_BYTES: Final = 256
_MAX_HITS: Final = 2_000_000
_MORE_WHITE: Final = bytes.maketrans(b"\x80\xff", b"  ")
"""Two bytes that PDFium takes for white space."""


def unlisted(
    source: ByteSource, sections: tuple[Section, ...], start: int, end: int
) -> Iterator[Deviation]:
    """Yield objects and trailers between two offsets that none of ``sections``, all there, names.

    A cross-reference stream is named by where it begins. Error: ``pdf_too_complex``.
    """
    offsets = {at for section in sections for at in section.entries.offsets()}
    offsets |= {section.start for section in sections}
    offsets |= {section.beside for section in sections if section.beside is not None}
    listed = sorted(at for at in offsets if start <= at < end)
    tables = [section for section in sections if section.kind in {"table", "hybrid"}]
    known: set[int] = set()
    for at, word in _words(source, start, end):
        if word == _OBJECT:
            if not _is_head(source, listed, at):
                yield Deviation("pdf_object_unlisted", at)
            continue
        owner = next((s.start for s in tables if s.start < at < s.end), None)
        if owner is None or owner in known:
            yield Deviation("pdf_object_unlisted", at)
        else:
            known.add(owner)


def _words(source: ByteSource, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield where ``obj`` stands behind two numbers, and ``trailer`` before a dictionary."""
    count = 0
    for low in range(start, end, CHUNK):
        base = max(0, low - LOOK_BEHIND)
        data = source.pread(base, min(low + CHUNK + LOOK_BEHIND, end) - base)
        for word in (_OBJECT, _TRAILER):
            at = data.find(word, low - base)
            while 0 <= at < low - base + CHUNK:
                count += 1
                if count > _MAX_HITS:
                    raise InputError("pdf_too_complex", detail=f"more than {_MAX_HITS} parts")
                if _begins_dictionary(data, at) if word == _TRAILER else _is_numbered(data, at):
                    yield base + at, word
                at = data.find(word, at + 1)


def _is_numbered(data: bytes, at: int) -> bool:
    """Tell whether what stands before index ``at`` may be two numbers, comments between them."""
    before = data[max(0, at - LOOK_BEHIND) : at].translate(_MORE_WHITE)
    return before[-1:] in _WHITES and bool(wide_targets(before, len(before)))


def _begins_dictionary(data: bytes, at: int) -> bool:
    """Tell whether a dictionary may follow the word ``trailer`` at ``at``."""
    behind = data[at + len(_TRAILER) : at + LOOK_BEHIND].translate(_MORE_WHITE)
    return _DICTIONARY.match(behind) is not None


_WHITES: Final = frozenset(bytes([code]) for code in WHITE)


def _is_head(source: ByteSource, listed: list[int], at: int) -> bool:
    """Tell whether the word at ``at`` belongs to the beginning of the listed object before it."""
    index = bisect_right(listed, at) - 1
    if index < 0:
        return False
    start = listed[index]
    head = HEAD.match(source.pread(start, _HEAD_BYTES))
    if head is None or start + head.end() != at + len(_OBJECT):
        return False
    return _NUMERIC.isdisjoint(source.pread(start + head.start(1) - 1, 1))
