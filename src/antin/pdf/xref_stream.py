"""Cross-reference streams (ISO 32000-2 §7.5.8): rows of big-endian fields, kept as bytes."""

from dataclasses import replace
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.filters import decode
from antin.pdf.indirect import IndirectObject, read_indirect
from antin.pdf.objects import Dictionary, Stream, integer, name
from antin.pdf.xref import MAX_ENTRIES, Block

_MAX_ROW: Final = 24
_KINDS: Final = frozenset({0, 1, 2})


def read_stream(
    source: ByteSource, start: int, budget: Budget
) -> tuple[IndirectObject, Stream, list[Block]]:
    """Return the cross-reference stream that begins at ``start``: object, value and its blocks.

    Errors: ``pdf_malformed`` with the offset, ``pdf_too_complex``.
    """
    found = read_indirect(source, start, budget, lambda _: None)
    stream = found.value
    if not isinstance(stream, Stream) or name(stream.dictionary.get("Type")) != "XRef":
        raise _fault("this is no cross-reference stream", start)
    widths, parts = _layout(stream.dictionary, start)
    data = decode(stream, stream.raw.read(), budget)
    blocks, notes = _blocks(data, widths, parts, start)
    return replace(found, notes=(*found.notes, *notes)), stream, blocks


def _layout(
    dictionary: Dictionary, start: int
) -> tuple[tuple[int, int, int], list[tuple[int, int]]]:
    """Return the widths of the fields, and (first number, count) of each subsection."""
    index = dictionary.get("Index", (0, integer(dictionary.get("Size")) or 0))
    numbers = _integers(index)
    if numbers is None or len(numbers) % 2 or min(numbers, default=0) < 0:
        raise _fault("the subsections of a cross-reference stream make no sense", start)
    parts = list(zip(numbers[::2], numbers[1::2], strict=True))
    if sum(count + 1 for _, count in parts) > MAX_ENTRIES:
        raise InputError("pdf_too_complex", detail=f"more than {MAX_ENTRIES} objects")
    widths = _integers(dictionary.get("W")) or ()
    if len(widths) != 3 or min(widths) < 0 or not 0 < sum(widths) <= _MAX_ROW:
        raise _fault("the fields of a cross-reference stream make no sense", start)
    return (widths[0], widths[1], widths[2]), parts


def _integers(value: object) -> tuple[int, ...] | None:
    """Return the items of an array of integers; None if it is none."""
    if not isinstance(value, tuple) or not {*map(type, value)} <= {int}:
        return None
    return value


def _blocks(
    data: bytes, widths: tuple[int, int, int], parts: list[tuple[int, int]], start: int
) -> tuple[list[Block], list[Deviation]]:
    width = sum(widths)
    blocks: list[Block] = []
    at = 0
    for first, count in parts:
        end = at + width * count
        blocks.append(Block(first, count, data[at:end], widths))
        at = end
    notes = []
    if at > len(data):
        raise _fault("a cross-reference stream is shorter than it promises", start)
    if at < len(data):
        notes.append(Deviation("pdf_xref_row_odd", start))
    kinds = data[:at:width] if widths[0] == 1 else b""
    if not _KINDS.issuperset(kinds):
        notes.append(Deviation("pdf_xref_row_odd", start))
    return blocks, notes


def _fault(reason: str, start: int) -> InputError:
    return InputError("pdf_malformed", detail=reason, offset=start)
