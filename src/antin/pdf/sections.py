"""The chain of cross-reference sections, from the last ``startxref`` back by /Prev."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.core.limits import MAX_REVISIONS
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.lexer import WHITE
from antin.pdf.objects import Dictionary, Value, integer
from antin.pdf.xref import MAX_ENTRIES, BlockEntries, Entries, HybridEntries, Section
from antin.pdf.xref_stream import read_stream
from antin.pdf.xref_table import read_table

_MAX_SECTIONS: Final = 2 * MAX_REVISIONS
_TAIL: Final = 2 << 10
_STARTXREF: Final = re.compile(rb"startxref[\x00\t\n\x0c\r ]*+(\d{1,12}+)([^%]*+)")
_WHITE_BEFORE: Final = 256
_WHOLE: Final = frozenset({"Root", "Encrypt"})
"""Without these, programs stop, read what was decrypted otherwise, or search the whole file."""
_NEAR_END: Final = 128
"""So near the end of the file startxref stands; programs look for it in the last kilobyte."""
OF_STREAMS: Final = frozenset(
    {"Length", "Filter", "DecodeParms", "W", "Type", "Index", "XRefStm", "DL", "F", "FFilter"}
)
"""Keys of a trailer that speak of a section, not of the file."""


def read_sections(source: ByteSource, budget: Budget) -> tuple[Section, ...]:
    """Return the sections of ``source``, oldest first in their chain; it ends with ``%%EOF``.

    Errors: ``pdf_truncated`` without a startxref, ``pdf_malformed`` with the offset where a
    section should be and is none, ``pdf_too_complex``.
    """
    at, notes = find_startxref(source)
    found: list[Section] = []
    seen: set[int] = set()
    entries = 0
    while True:
        if at in seen:
            raise InputError("pdf_malformed", detail="its sections form a circle", offset=at)
        seen.add(at)
        section = read_section(source, at, budget, notes)
        notes = ()
        found.append(section)
        entries += len(section.entries)
        if entries > MAX_ENTRIES or len(found) > _MAX_SECTIONS:
            raise InputError("pdf_too_complex", detail="too long a cross-reference")
        previous = _previous(section)
        if previous is None:
            return _sized(found[::-1])
        at = previous


def find_startxref(source: ByteSource) -> tuple[int, tuple[Deviation, ...]]:
    """Return what the last startxref says, and what is odd about it."""
    start = max(0, source.size - _TAIL)
    tail = source.pread(start, _TAIL)
    at = tail.rfind(b"startxref")
    found = _STARTXREF.match(tail, at) if at >= 0 else None
    if found is None:
        raise InputError(
            "pdf_malformed",
            detail="it does not say where its cross-reference is",
            offset=start + max(at, 0),
        )
    odd = bool(found[2].strip(WHITE)) or not tail.startswith(b"%%EOF", found.end())
    odd = odd or len(tail) - at > _NEAR_END
    return int(found[1]), (Deviation("pdf_startxref_odd", start + at),) if odd else ()


def read_section(
    source: ByteSource, declared: int, budget: Budget, notes: tuple[Deviation, ...] = ()
) -> Section:
    """Return the section that begins at ``declared``, white space before it left out."""
    head = source.pread(declared, _WHITE_BEFORE)
    start = declared + len(head) - len(head.lstrip(WHITE))
    first = head.lstrip(WHITE)[:4]
    if first == b"xref":
        return _table_section(source, start, declared, budget, notes)
    if first[:1].isdigit():
        found, stream, blocks = read_stream(source, start, budget)
        entries = BlockEntries(blocks)
        odd = (*notes, *found.notes, *_overlap(entries, start))
        return Section("stream", start, declared, found.end, stream.dictionary, entries, odd)
    raise InputError("pdf_malformed", detail="no cross-reference begins here", offset=declared)


def _table_section(
    source: ByteSource, start: int, declared: int, budget: Budget, notes: tuple[Deviation, ...]
) -> Section:
    table = read_table(source, start, budget)
    own = BlockEntries(table.blocks)
    odd = (*notes, *table.notes, *_overlap(own, start))
    hidden = table.trailer.get("XRefStm")
    if hidden is None:
        return Section("table", start, declared, table.end, table.trailer, own, odd)
    at = integer(hidden)
    if at is None:
        raise InputError("pdf_malformed", detail="/XRefStm is no offset", offset=start)
    found, _, blocks = read_stream(source, at, budget)
    beside = BlockEntries(blocks)
    odd += (*found.notes, *_overlap(beside, at))
    entries: Entries = HybridEntries(own, beside)
    return Section(
        "hybrid", start, declared, table.end, table.trailer, entries, odd, beside=found.start
    )


def _overlap(entries: BlockEntries, start: int) -> tuple[Deviation, ...]:
    return (Deviation("pdf_xref_overlap", start),) if entries.overlap else ()


def _previous(section: Section) -> int | None:
    """Return where the section before ``section`` is; 0 is nowhere, some programs write it."""
    stated = section.trailer.get("Prev")
    if stated is None:
        return None
    at = integer(stated)
    if at is None or at < 0:
        raise InputError("pdf_malformed", detail="/Prev is no offset", offset=section.start)
    return at or None


def _sized(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Note each trailer that denies objects by its /Size (§7.5.5), or keeps silent (§7.5.6)."""
    made: list[Section] = []
    before = 0
    said: set[str] = set()
    for section in sections:
        lacking = said - section.trailer.keys()
        said |= _WHOLE & section.trailer.keys()
        if lacking:
            note = Deviation("pdf_trailer_incomplete", section.start)
            section = replace(section, notes=(*section.notes, note))  # noqa: PLW2901 — as below
        size = section.size
        if section.entries.highest >= size or size < before:
            note = Deviation("pdf_size_too_small", section.start)
            section = replace(section, notes=(*section.notes, note))  # noqa: PLW2901 — the same one, with a note
        made.append(section)
        before = max(before, size)
    return tuple(made)


def trailer_at(sections: Sequence[Section], last: int) -> Dictionary:
    """Return the trailer as of section ``last``: what it does not say, older ones do.

    Each trailer has to repeat all of the one before (§7.5.6); not every program does so.
    """
    found: dict[str, Value] = {}
    for section in sections[: last + 1]:
        found.update(section.trailer)
    return {key: value for key, value in found.items() if key not in OF_STREAMS}
