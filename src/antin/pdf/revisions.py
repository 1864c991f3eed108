"""Where each revision ends, and which cross-reference section a reader of it starts from.

A revision is what one writing of the file added: it ends with ``startxref``, the offset of its
cross-reference section and ``%%EOF`` (ISO 32000-2 §7.5.6). A linearised file's two sections are one
revision (Annex F): the one at the front is the newer in the chain, and the startxref at the end
of the file names it.
"""

import re
from dataclasses import dataclass
from typing import Final

from antin.core.bytesource import ByteSource
from antin.pdf.lexer import WHITE
from antin.pdf.xref import Section

_TAIL: Final = re.compile(
    rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]*+[\r\n])*+(?:endobj)?+[\x00\t\n\x0c\r ]*+"
    rb"startxref[\x00\t\n\x0c\r ]++(\d{1,12})[\x00\t\n\x0c\r ]++%%EOF(\r\n|\r|\n)?+"
)
_TAIL_BYTES: Final = 4096


@dataclass(frozen=True)
class Revision:
    """One revision; ``end`` and ``marker_end`` are None when no proper end was found."""

    number: int
    """1-based."""
    section: int
    """Index of the newest section that a reader of this revision sees."""
    first_section: int
    """Index of the oldest section that this revision added."""
    marker_end: int | None
    """Offset after ``%%EOF``."""
    end: int | None
    """Offset after the line end that follows ``%%EOF``."""


@dataclass(frozen=True)
class _Tail:
    startxref: int
    marker_end: int
    end: int


def find_revisions(source: ByteSource, sections: tuple[Section, ...]) -> tuple[Revision, ...]:
    """Return the revisions, oldest first, of a chain of ``sections``, oldest first."""
    revisions: list[Revision] = []
    at = 0
    while at < len(sections):
        last = at + 1 if at == 0 and _is_linearised(source, sections) else at
        previous = revisions[-1].end if revisions else 0
        tail = _proper_tail(source, sections[at], sections[last], previous)
        ends = (tail.marker_end, tail.end) if tail else (None, None)
        revisions.append(Revision(len(revisions) + 1, last, at, *ends))
        at = last + 1
    return tuple(revisions)


def white_until(source: ByteSource, start: int, end: int) -> bool:
    """Tell whether the bytes from ``start`` to ``end`` are white space only, and few."""
    if end - start > _TAIL_BYTES:
        return False
    return not source.pread(start, max(end - start, 0)).strip(WHITE)


def _is_linearised(source: ByteSource, sections: tuple[Section, ...]) -> bool:
    if len(sections) < 2 or sections[1].start >= sections[0].start:
        return False
    tail = _tail(source, sections[0])
    return tail is not None and tail.startxref in {sections[1].start, sections[1].declared}


def _proper_tail(
    source: ByteSource, last_in_file: Section, head: Section, previous_end: int | None
) -> _Tail | None:
    """Return the tail after a section if it names ``head`` and lies behind the last revision.

    A section that lies inside an earlier revision was hidden there: what its use adds has no end
    of its own, and nobody can have signed it as it stands.
    """
    tail = _tail(source, last_in_file)
    if tail is None or tail.startxref not in {head.start, head.declared}:
        return None
    if previous_end is None or last_in_file.start < previous_end:
        return None
    return tail


def _tail(source: ByteSource, section: Section) -> _Tail | None:
    found = _TAIL.match(source.pread(section.end, _TAIL_BYTES))
    if found is None:
        return None
    end = section.end + found.end()
    return _Tail(int(found[1]), end - len(found[2] or b""), end)
