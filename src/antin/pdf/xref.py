"""Cross-reference sections as values: kept as raw rows, decoded on look-up (ISO 32000-2 §7.5.4)."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal, Protocol

from antin.core.errors import InputError
from antin.pdf.deviations import Deviation
from antin.pdf.objects import Dictionary, integer

MAX_ENTRIES: Final = 2_000_000
"""Most entries of all sections of a file together."""
TABLE_ROW: Final = 20
_IN_USE: Final = b" 00000 n"
Kind = Literal["table", "stream", "hybrid", "rebuilt"]
Where = int | tuple[int, int] | None
"""A byte offset, or (object stream, index); None: the object is freed."""
Entry = tuple[int, Where]
"""Generation and place."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cross-reference section says that an object lies; None: it is freed there."""

    section: int
    generation: int
    where: Where


class Entries(Protocol):
    """What a section says of the objects that it names."""

    @property
    def highest(self) -> int:
        """The highest object number; -1 if there is none."""
        ...

    def __len__(self) -> int:
        """How many there are, at most."""
        ...

    def find(self, number: int) -> Entry | None:
        """Return what is said of object ``number``; None if nothing."""
        ...

    def items(self) -> Iterator[tuple[int, Entry]]:
        """Yield every number, object 0 left out, and what is said of it."""
        ...

    def offsets(self) -> Iterator[int]:
        """Yield the offset of every object that is said to lie in the file itself."""
        ...

    def containers(self) -> set[int]:
        """Return the numbers of the object streams that objects are said to lie in."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """Rows for consecutive object numbers, in a table's form or a stream's."""

    first: int
    count: int
    rows: bytes
    widths: tuple[int, int, int] | None = None
    """Of the three fields of a stream's row; None for a table."""

    def entry(self, index: int) -> Entry:
        """Return the entry of object ``first + index``."""
        if self.widths is None:
            return self._table_entry(index * TABLE_ROW)
        return self._stream_entry(index, *self.widths)

    def _table_entry(self, at: int) -> Entry:
        row = self.rows[at : at + TABLE_ROW]
        offset = int(row[:10])
        in_use = row[17:18] == b"n" and offset > 0
        return int(row[11:16]), offset if in_use else None

    def _stream_entry(self, index: int, one: int, two: int, three: int) -> Entry:
        start = index * (one + two + three)
        middle = start + one + two
        kind = int.from_bytes(self.rows[start : start + one], "big") if one else 1
        second = int.from_bytes(self.rows[start + one : middle], "big")
        third = int.from_bytes(self.rows[middle : middle + three], "big")
        if kind == 1:
            return third, second or None
        return (0, (second, third)) if kind == 2 else (third, None)

    def offsets(self) -> Iterator[int]:
        """Yield the offsets of all objects in the file itself, 0 perhaps among them."""
        if self.widths is None:
            # In nearly every file all but perhaps the first are in use, and were never freed.
            rest = self.rows[TABLE_ROW:].split(_IN_USE)
            if self.count == len(rest) > 1:
                first = Block(self.first, 1, self.rows[:TABLE_ROW])
                return chain(first.offsets(), map(int, rest[:-1]))
            words = self.rows.split()
            return (int(at) for at, use in zip(words[::3], words[2::3], strict=True) if use == b"n")
        return (int.from_bytes(field, "big") for field in self._second_fields(1))

    def containers(self) -> set[int]:
        """Return the numbers of the object streams that are named."""
        return {int.from_bytes(field, "big") for field in {*self._second_fields(2)}}

    def _second_fields(self, wanted: int) -> Iterator[bytes]:
        """Yield the second field of each row of a stream whose kind is ``wanted``."""
        one, two, three = self.widths or (0, 0, 0)
        starts = range(0, len(self.rows), one + two + three) if self.widths else range(0)
        for start in starts:
            kind = int.from_bytes(self.rows[start : start + one], "big") if one else 1
            if kind == wanted:
                yield self.rows[start + one : start + one + two]


class BlockEntries:
    """Entries in blocks; where two name the same number, the first counts (``overlap``)."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = sorted((block for block in blocks if block.count), key=_first)
        self._starts = [block.first for block in self._blocks]
        ends = [block.first + block.count for block in self._blocks]
        self.overlap = any(map(int.__gt__, ends, self._starts[1:]))
        self._plain = _merged(blocks) if self.overlap else None
        self._highest = max(ends, default=0) - 1

    @property
    def highest(self) -> int:
        return self._highest

    def __len__(self) -> int:
        return sum(block.count for block in self._blocks)

    def find(self, number: int) -> Entry | None:
        if self._plain is not None:
            return self._plain.get(number)
        at = bisect_right(self._starts, number) - 1
        if at < 0 or number == 0:
            return None
        block = self._blocks[at]
        index = number - block.first
        return block.entry(index) if index < block.count else None

    def items(self) -> Iterator[tuple[int, Entry]]:
        if self._plain is not None:
            yield from self._plain.items()
            return
        for block in self._blocks:
            for index in range(block.count):
                if block.first + index:
                    yield block.first + index, block.entry(index)

    def offsets(self) -> Iterator[int]:
        if self._plain is not None:
            return _offsets(self._plain.values())
        return chain.from_iterable(block.offsets() for block in self._blocks)

    def containers(self) -> set[int]:
        if self._plain is not None:
            return _containers(self._plain.values())
        return {number for block in self._blocks for number in block.containers()}


class PlainEntries:
    """Entries that were found in another way than by reading a cross-reference."""

    def __init__(self, entries: Mapping[int, Entry]) -> None:
        self._entries = entries

    @property
    def highest(self) -> int:
        return max(self._entries, default=-1)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, number: int) -> Entry | None:
        return self._entries.get(number)

    def items(self) -> Iterator[tuple[int, Entry]]:
        yield from self._entries.items()

    def offsets(self) -> Iterator[int]:
        return _offsets(self._entries.values())

    def containers(self) -> set[int]:
        return _containers(self._entries.values())


class HybridEntries:
    """A table, and the stream beside it that says what the table only calls free (§7.5.8.4)."""

    def __init__(self, table: Entries, hidden: Entries) -> None:
        self._table = table
        self._hidden = hidden

    @property
    def highest(self) -> int:
        return max(self._table.highest, self._hidden.highest)

    def __len__(self) -> int:
        return len(self._table) + len(self._hidden)

    def hides(self, number: int) -> bool:
        """Tell whether only the stream says where object ``number`` is."""
        found = self._table.find(number)
        return (found is None or found[1] is None) and self._hidden.find(number) is not None

    def find(self, number: int) -> Entry | None:
        found = self._table.find(number)
        if found is not None and found[1] is not None:
            return found
        return self._hidden.find(number) or found

    def items(self) -> Iterator[tuple[int, Entry]]:
        for number, entry in self._table.items():
            hidden = self._hidden.find(number) if entry[1] is None else None
            yield number, hidden or entry
        for number, entry in self._hidden.items():
            if self._table.find(number) is None:
                yield number, entry

    def offsets(self) -> Iterator[int]:
        return _offsets(entry for _, entry in self.items())

    def containers(self) -> set[int]:
        return _containers(entry for _, entry in self.items())


@dataclass(frozen=True, eq=False)
class Section:
    """One cross-reference section, with the trailer that goes with it."""

    kind: Kind
    start: int
    declared: int
    """The offset by which startxref or /Prev named it."""
    end: int
    """Where its trailer, or its stream object, ends."""
    trailer: Dictionary
    entries: Entries
    notes: tuple[Deviation, ...] = ()
    beside: int | None = None
    """Where the stream of a hybrid section begins."""

    @property
    def size(self) -> int:
        """Its /Size: one more than the highest object number, the section says; 0 if it is none."""
        return integer(self.trailer.get("Size")) or 0


def _offsets(entries: Iterable[Entry]) -> Iterator[int]:
    return (where for _, where in entries if isinstance(where, int))


def _containers(entries: Iterable[Entry]) -> set[int]:
    return {where[0] for _, where in entries if isinstance(where, tuple)}


def _first(block: Block) -> int:
    return block.first


def _merged(blocks: list[Block]) -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    if sum(block.count for block in blocks) > MAX_ENTRIES:
        raise InputError("pdf_too_complex", detail=f"more than {MAX_ENTRIES} objects")
    for block in blocks:
        for index in range(block.count):
            found.setdefault(block.first + index, block.entry(index))
    found.pop(0, None)
    return found
