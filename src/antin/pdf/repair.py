"""The tolerant manner: what viewers repair is repaired, and each repair has a name.

A repaired file is never a clean one: another viewer may repair it otherwise and show something
else. Whoever judges signatures must not pass one (``PdfDocument.repairs``).
"""

import re
from collections.abc import Iterator
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.extent import until_marker
from antin.pdf.landmarks import Kind, landmarks
from antin.pdf.layout import Layout
from antin.pdf.lexer import GAP, SKIP
from antin.pdf.objects import Dictionary, Ref, dictionary_of
from antin.pdf.parser import Parser
from antin.pdf.rebuild import rebuild
from antin.pdf.sections import read_sections

_HEADER_WITHIN: Final = 1024
_HEADER: Final = b"%PDF-"
_HEAD_BYTES: Final = 64
_HEAD: Final = re.compile(SKIP + rb"(\d{1,10}+)" + GAP + rb"(\d{1,10}+)" + GAP + rb"obj")
_DAMAGE: Final = frozenset({"pdf_malformed", "pdf_truncated"})
"""Errors that say that a file is broken, not that it is hostile or locked."""


class Moved:
    """A source from ``start`` on: a file that begins behind something else."""

    def __init__(self, source: ByteSource, start: int) -> None:
        self._source = source
        self._start = start

    @property
    def size(self) -> int:
        return self._source.size - self._start

    def pread(self, offset: int, length: int) -> bytes:
        return self._source.pread(self._start + offset, length)


def repaired_layout(source: ByteSource) -> Layout:
    """Return the layout of a file, repaired as far as it has to be; offsets are of its header.

    Errors: ``empty_file``, ``pdf_malformed``, ``pdf_encrypted``, ``pdf_too_complex``.
    """
    if source.size == 0:
        raise InputError("empty_file")
    budget = Budget(source.size)
    # 1. Where the file begins: offsets count from its header (ISO 32000-2 §7.5.2).
    body, moved = _from_header(source)
    # 2. Where it ends: behind the last end-of-file marker, unless more objects follow that.
    extent, cut = _to_end(body)
    # 3. What its cross-reference says, or one made anew where that is broken or cut off.
    parser, repairs = _cross_reference(body, extent, budget)
    return Layout(body, parser, (*moved, *cut, *repairs))


def _from_header(source: ByteSource) -> tuple[ByteSource, tuple[Deviation, ...]]:
    """Return ``source`` from its header on; the whole of it where there is none."""
    at = source.pread(0, _HEADER_WITHIN).find(_HEADER)
    if at == 0:
        return source, ()
    if at < 0:
        return source, (Deviation("pdf_header_missing", 0),)
    return Moved(source, at), (Deviation("pdf_header_moved", at),)


def _to_end(body: ByteSource) -> tuple[ByteSource, tuple[Deviation, ...]]:
    """Return ``body`` up to its last end-of-file marker; all of it where it is cut off."""
    try:
        extent = until_marker(body)
    except InputError as error:
        if error.code not in _DAMAGE:
            raise
        return body, (Deviation("pdf_eof_missing", body.size),)
    if _first_object_from(body, extent.size) is not None:
        return body, (Deviation("pdf_eof_missing", body.size),)
    return extent, ()


def _first_object_from(body: ByteSource, start: int) -> int | None:
    """Return where the first object from ``start`` on begins; None too for endless garbage."""
    marks = landmarks(Moved(body, start))
    try:
        return next((start + mark.start for mark in marks if mark.kind is Kind.OBJECT), None)
    except InputError:
        return None


def _cross_reference(
    body: ByteSource, extent: ByteSource, budget: Budget
) -> tuple[Parser, tuple[Deviation, ...]]:
    """Return a parser by the file's own cross-reference unless one made anew leads further."""
    try:
        own = Parser(extent, read_sections(extent, budget), budget)
    except InputError as error:
        fault = _rebuilt_because(error)
        made = rebuild(body, budget)
        return made.parser, (fault, *made.repairs)
    better = _better(body, own, budget)
    return (own, ()) if better is None else better


def _rebuilt_because(error: InputError) -> Deviation:
    if error.code not in _DAMAGE:
        raise error
    offset = error.values.get("offset")
    return Deviation("pdf_xref_rebuilt", offset if isinstance(offset, int) else None)


def _better(
    body: ByteSource, own: Parser, budget: Budget
) -> tuple[Parser, tuple[Deviation, ...]] | None:
    """Return what leads further than ``own``: to a catalog with pages, or to an object.

    An entry whose object is nowhere in the file is as good as none.
    """
    fault = _fault(body, own)
    lost = tuple(wrong_entries(body, own)) if fault is None else ()
    if fault is None and not lost:
        return None
    try:
        made = rebuild(body, budget)
    except InputError:
        return None
    if fault is None:
        entries = made.parser.sections[0].entries
        fault = next((offset for number, offset in lost if entries.find(number)), None)
    if fault is None:
        return None
    return made.parser, (Deviation("pdf_xref_rebuilt", fault), *made.repairs)


def _fault(body: ByteSource, own: Parser) -> int | None:
    """Return where a cross-reference fails: itself if it leads to no pages, or what follows it."""
    last = len(own.sections) - 1
    if "Pages" not in _catalog(own, last):
        return own.sections[last].start
    return _first_object_from(body, max(section.end for section in own.sections))


def _catalog(parser: Parser, section: int) -> Dictionary:
    """Return the catalog as of ``section``; empty if it can't be read."""
    root = parser.trailer(section).get("Root")
    place = parser.index.place(root.number, section) if isinstance(root, Ref) else None
    if place is None or not isinstance(root, Ref):
        return {}
    try:
        return dictionary_of(parser.read(root.number, place)[0]) or {}
    except InputError as error:
        if error.code not in _DAMAGE:
            raise
        return {}


def wrong_entries(source: ByteSource, parser: Parser) -> Iterator[tuple[int, int]]:
    """Yield number and offset of each entry in use at whose offset its object does not begin."""
    last = len(parser.sections) - 1
    for index, section in enumerate(parser.sections):
        for number, (generation, where) in section.entries.items():
            if isinstance(where, int) and not _begins_at(source, where, (number, generation)):
                newest = parser.index.newest(number, last)
                if newest is not None and newest.section == index:
                    yield number, where


def _begins_at(source: ByteSource, offset: int, expected: tuple[int, int]) -> bool:
    head = _HEAD.match(source.pread(offset, _HEAD_BYTES))
    return head is not None and (int(head[1]), int(head[2])) == expected
