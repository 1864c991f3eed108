"""Cross-reference tables (ISO 32000-2 §7.5.4): blocks of rows, checked as one and kept."""

import re
from dataclasses import dataclass, field
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.deviations import Deviation
from antin.pdf.indirect import read_bounded
from antin.pdf.lexer import SKIP, EndOfDataError, Text, read_value, skipped
from antin.pdf.objects import Dictionary
from antin.pdf.xref import MAX_ENTRIES, TABLE_ROW, Block

_KEYWORD: Final = b"xref"
_LINE: Final = 64
_SUBSECTION: Final = re.compile(
    rb"[\x00\t\n\x0c\r ]*+(\d{1,10}+)[ \t]++(\d{1,10}+)[ \t]*+(\r\n|\n|\r)?+[\x00\t\n\x0c\r ]*+"
)
_TRAILER: Final = re.compile(SKIP + rb"trailer")
_SHAPE: Final = bytes.maketrans(b"0123456789f", b"0000000000n")
_SHAPES: Final = tuple(b"0000000000 00000 n" + end for end in (b" \n", b"\r\n", b" \r"))
_REGULAR: Final = re.compile(rb"(?:\d{10} \d{5} [nf](?: \n|\r\n| \r))*+")
_ODD_ROW: Final = re.compile(
    rb"[\x00\t\n\x0c\r ]*+(\d{1,10}+)[ \t]++(\d{1,5}+)[ \t]++([nf])(?=[\x00\t\n\x0c\r t])"
)
_BLOCK_COST: Final = 20
"""A subsection takes about as much time as so many entries."""
_MAX_NUMBER: Final = 1 << 27
_ODD_WIDTH: Final = 40
"""No row, however odd, is taken to be longer."""


@dataclass
class Table:
    """A table and its trailer, as they were read."""

    blocks: list[Block] = field(default_factory=list)
    trailer: Dictionary = field(default_factory=dict)
    end: int = 0
    notes: list[Deviation] = field(default_factory=list)


def read_table(source: ByteSource, start: int, budget: Budget) -> Table:
    """Return the table whose keyword ``xref`` stands at ``start``, and its trailer.

    Errors: ``pdf_malformed`` with the offset, ``pdf_too_complex``.
    """
    table = Table()
    at = start + len(_KEYWORD)
    total = 0
    while True:
        line = source.pread(at, _LINE)
        head = _SUBSECTION.match(line)
        if head is None:
            break
        first, count = int(head[1]), int(head[2])
        total += count
        if max(total, len(table.blocks) * _BLOCK_COST) > MAX_ENTRIES or first > _MAX_NUMBER:
            raise InputError("pdf_too_complex", detail=f"more than {MAX_ENTRIES} objects")
        rows, at = _read_rows(source, at + head.end(), count, table)
        table.blocks.append(Block(first, count, rows))
    _read_trailer(source, at, budget, table)
    return table


def _read_rows(source: ByteSource, at: int, count: int, table: Table) -> tuple[bytes, int]:
    """Return ``count`` rows of 20 bytes, and the offset behind them."""
    rows = source.pread(at, count * TABLE_ROW)
    if len(rows) == count * TABLE_ROW and _is_regular(rows, count):
        return rows, at + len(rows)
    table.notes.append(Deviation("pdf_xref_row_odd", at))
    text = source.pread(at, count * _ODD_WIDTH)
    made: list[bytes] = []
    end = 0
    for _ in range(count):
        row = _ODD_ROW.match(text, end)
        if row is None:
            reason = f"the cross-reference table has {len(made)} rows where it promises {count}"
            raise InputError("pdf_malformed", detail=reason, offset=at + end)
        made.append(b"%010d %05d %b \n" % (int(row[1]), int(row[2]), row[3]))
        end = row.end()
    return b"".join(made), at + end


def _is_regular(rows: bytes, count: int) -> bool:
    """Tell whether every row has the one right form; nearly always the shape says so at once."""
    shape = rows.translate(_SHAPE)
    if shape[:TABLE_ROW] in _SHAPES and shape == shape[:TABLE_ROW] * count:
        return True
    found = _REGULAR.match(rows)
    return found is not None and found.end() == len(rows)


def _read_trailer(source: ByteSource, at: int, budget: Budget, table: Table) -> None:
    def read(text: Text) -> tuple[Dictionary, int]:
        keyword = _TRAILER.match(text.data)
        if keyword is None:
            raise text.fault(skipped(text.data), "a cross-reference table has no trailer")
        value, end = read_value(text, keyword.end())
        if not isinstance(value, dict):
            raise text.fault(0, "a trailer is no dictionary")
        if end == len(text.data) and not text.final:
            raise EndOfDataError
        table.notes.extend(text.notes)
        return value, text.base + end

    table.trailer, table.end = read_bounded(source, at, budget, read)
