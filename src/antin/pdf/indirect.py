"""Indirect objects where they lie in a file (ISO 32000-2 §7.3.8, §7.3.10)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.lexer import GAP, REGULAR, SKIP, EndOfDataError, Text, read_value, skipped
from antin.pdf.objects import Dictionary, Ref, Span, Stream, Value, dictionary_of, integer

MAX_OBJECT_BYTES: Final = 32 << 20
"""Longest text of one object, its stream's data left out."""
_WINDOW: Final = 2 << 10
_GROWTH: Final = 8
_SLACK: Final = 64
"""So many bytes must be at hand behind a value to tell what follows it."""
_CHUNK: Final = 256 << 10
_TAIL: Final = 96

HEAD: Final = re.compile(SKIP + rb"(\d{1,10}+)" + GAP + rb"(\d{1,10}+)" + GAP + rb"obj")
_GLUED: Final = re.compile(REGULAR)
_AFTER: Final = re.compile(
    SKIP + rb"(?:(endobj)|(stream)(?:(\r\n|\n)|(?:\r|[ \t]++(?:\r\n?+|\n)?+))?+)?+"
)
_DATA_END: Final = re.compile(rb"[\x00\t\n\x0c\r ]*+endstream(" + SKIP + rb"endobj)?+")
_END_OF_DATA: Final = re.compile(
    rb"endstream|endobj(?="
    + SKIP
    + rb"(?:\d{1,10}+"
    + GAP
    + rb"\d{1,10}+"
    + GAP
    + rb"obj|xref|trailer|startxref))"
)
_LINE_END: Final = re.compile(rb"(?:\r\n|\n|\r)\Z")

LengthOf = Callable[[Ref], int | None]
"""Answers what integer a stream's /Length refers to."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IndirectObject:
    """An object as it lies in the file, from its number up to behind ``endobj``."""

    number: int
    generation: int
    value: Value
    start: int
    end: int
    notes: tuple[Deviation, ...] = ()


@dataclass(slots=True)
class _Body:
    """An object's text: all of it but a stream's data."""

    head: re.Match[bytes]
    value: Value
    end: int
    notes: list[Deviation]
    is_stream: bool = False


def read_indirect(
    source: ByteSource, offset: int, budget: Budget, length_of: LengthOf
) -> IndirectObject:
    """Return the object that begins at ``offset``, white space and comments before it left out.

    Where /Length does not lead to ``endstream``, the data reach to the next one, which is noted.
    Errors: ``pdf_malformed`` with the offset, ``pdf_too_complex``.
    """
    body = read_bounded(source, offset, budget, _read_body)
    if body.is_stream:
        _read_stream(source, body, budget, length_of)
    number, generation = int(body.head[1]), int(body.head[2])
    start = offset + body.head.start(1)
    return IndirectObject(number, generation, body.value, start, body.end, tuple(body.notes))


def number_at(source: ByteSource, offset: int, budget: Budget) -> int | None:
    """Return the number of the object that begins at ``offset``; None if none does.

    White space and comments before it are passed over, however many, as in :func:`read_indirect`.
    Error: ``pdf_too_complex``.
    """
    return read_bounded(source, offset, budget, _read_number)


def _read_number(text: Text) -> int | None:
    head = HEAD.match(text.data)
    if head is None and not text.final and skipped(text.data) + _TAIL > len(text.data):
        raise EndOfDataError
    return int(head[1]) if head else None


def text_end(source: ByteSource, offset: int, budget: Budget) -> int:
    """Return where the text of the object at ``offset`` ends: at a stream's data, if it is one."""
    return read_bounded(source, offset, budget, _read_body).end


def value_text(source: ByteSource, offset: int, budget: Budget) -> bytes:
    """Return the bytes of the value of the object at ``offset``; errors as :func:`number_at`."""
    return read_bounded(source, offset, budget, _read_text)


def _read_text(text: Text) -> bytes:
    head = HEAD.match(text.data)
    if head is None:
        raise text.fault(skipped(text.data), "no object begins here")
    _, end = read_value(text, head.end())
    return text.data[head.end() : end]


def read_bounded(source: ByteSource, offset: int, budget: Budget, read: Callable[[Text], T]) -> T:
    """Call ``read`` on ever longer windows at ``offset`` until one holds what it looks for.

    It raises EndOfDataError to see more. Error of its own: ``pdf_too_complex``.
    """
    length = _WINDOW
    while length < MAX_OBJECT_BYTES * _GROWTH:
        data = source.pread(offset, min(length, MAX_OBJECT_BYTES))
        text = Text(data, offset, final=offset + len(data) >= source.size)
        try:
            found = read(text)
        except EndOfDataError:
            budget.parse(len(data))
        else:
            budget.parse(text.cost)
            return found
        length *= _GROWTH
    raise InputError("pdf_too_complex", detail=f"an object of more than {MAX_OBJECT_BYTES} bytes")


def _read_body(text: Text) -> _Body:
    head = HEAD.match(text.data)
    if head is None:
        raise text.fault(skipped(text.data), "no object begins here")
    if _GLUED.match(text.data, head.end()):
        text.note("pdf_token_odd", head.end())
    value, end = read_value(text, head.end())
    after = _AFTER.match(text.data, end)
    behind = after.end() if after else end
    if behind + _SLACK > len(text.data) and not text.final:
        raise EndOfDataError
    is_stream = after is not None and after[2] is not None and isinstance(value, Mapping)
    if is_stream and after and after[3] is None:
        text.note("pdf_stream_odd", after.start(2))
    if not is_stream and not (after and after[1]):
        text.note("pdf_endobj_missing", end)
        behind = end
    return _Body(head, value, text.base + behind, text.notes, is_stream)


def _read_stream(source: ByteSource, body: _Body, budget: Budget, length_of: LengthOf) -> None:
    """Complete ``body``, which ends where the data of its stream begin."""
    dictionary: Dictionary = dictionary_of(body.value) or {}
    length, start = dictionary.get("Length"), body.end
    stated = length_of(length) if isinstance(length, Ref) else integer(length)
    end = behind = start + (stated if stated is not None else -1)
    tail = _DATA_END.match(source.pread(behind, _TAIL)) if end >= start else None
    if tail is None:
        body.notes.append(Deviation("pdf_stream_length_wrong", start))
        behind = _find_data_end(source, start, budget)
        end = behind - _line_end_before(source, start, behind)
        tail = _DATA_END.match(source.pread(behind, _TAIL))
    body.value = Stream(dictionary, Span(source, start, end))
    body.end = behind + (tail.end() if tail else len(b"endobj"))
    if tail is None:
        body.notes.append(Deviation("pdf_endstream_missing", behind))
    elif tail[1] is None:
        body.notes.append(Deviation("pdf_endobj_missing", body.end))


def _find_data_end(source: ByteSource, start: int, budget: Budget) -> int:
    """Return where ``endstream`` begins, or the ``endobj`` that stands before the next object."""
    at, length = start, _WINDOW
    while at < source.size:
        chunk = source.pread(at, length + _TAIL)
        found = _END_OF_DATA.search(chunk)
        budget.search(found.start() if found else len(chunk))
        if found:
            return at + found.start()
        at, length = at + length, min(length * _GROWTH, _CHUNK)
    raise InputError("pdf_malformed", detail="a stream has no end", offset=start)


def _line_end_before(source: ByteSource, start: int, end: int) -> int:
    """Return the length of the line end just before ``end``, which is no data."""
    found = _LINE_END.search(source.pread(max(start, end - 2), min(2, end - start)))
    return len(found[0]) if found else 0
