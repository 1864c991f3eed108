"""Cross-reference sections of an update (ISO 32000-2 §7.5.4, §7.5.6, §7.5.8), as bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from antin.pdf.objects import Dictionary, Name, Value
from antin.pdf.serialise import NewStream, serialised

MAX_GENERATION: Final = 65_535
_OFFSET_BYTES: Final = 4
"""Enough for 4 GiB, in a cross-reference stream; popular readers take no more."""
_IN_USE: Final = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an object of the update begins: an offset from the start of the file, in bytes."""

    generation: int
    offset: int


def table_section(entries: Mapping[int, Entry], trailer: Dictionary) -> bytes:
    """Return ``xref`` with one subsection a run of numbers, and the trailer.

    Object 0 and the list of freed objects stay what the file says of them.
    """
    lines = [b"xref\n"]
    for run in _runs(entries):
        lines.append(b"%d %d\n" % (run[0], len(run)))
        found = (entries[number] for number in run)
        lines += [b"%010d %05d n\r\n" % (one.offset, one.generation) for one in found]
    return b"%btrailer\n%b\n" % (b"".join(lines), serialised(trailer))


def whole_table(offsets: Sequence[int], trailer: Dictionary) -> bytes:
    """Return the table and trailer of a file of one revision, its objects numbered from 1 on."""
    lines = [b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(offsets) + 1)]
    lines += [b"%010d 00000 n\r\n" % offset for offset in offsets]
    held = serialised({"Size": len(offsets) + 1, **trailer})
    return b"%btrailer\n%b\n" % (b"".join(lines), held)


def stream_section(entries: Mapping[int, Entry], trailer: Dictionary, number: int) -> bytes:
    """Return a cross-reference stream as object ``number``, whose own entry is among ``entries``.

    Its data stay uncompressed: they are a few bytes.
    """
    index = tuple(part for run in _runs(entries) for part in (run[0], len(run)))
    shape: dict[str, Value] = {"Type": Name("XRef"), "W": (1, _OFFSET_BYTES, 2), "Index": index}
    data = b"".join(_fields(entries[number]) for number in sorted(entries))
    body = serialised(NewStream({**shape, **trailer}, data))
    return b"%d 0 obj\n%b\nendobj\n" % (number, body)


def _fields(entry: Entry) -> bytes:
    offset = entry.offset.to_bytes(_OFFSET_BYTES, "big")
    return bytes([_IN_USE]) + offset + entry.generation.to_bytes(2, "big")


def _runs(numbers: Mapping[int, Entry]) -> Iterator[list[int]]:
    """Yield runs of consecutive numbers, ascending."""
    run: list[int] = []
    for number in sorted(numbers):
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run
