"""Checking a part of an exported ledger: some bundles, by themselves.

Parts are checked apart, in processes, and joined in order: a part tells the subtrees over its
leaves, where each stream begins and ends in it, and its requests.
"""

import zlib
from array import array
from binascii import hexlify, unhexlify
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from antin.core.errors import AntinError, InputError
from antin.ledger.checking.report import Collector
from antin.ledger.entry import parse
from antin.ledger.entry_form import Form, read_forms
from antin.ledger.export.layout import ExportFiles
from antin.ledger.export.lines import EntryLines
from antin.ledger.ports import Payload
from antin.ledger.recovery import ACTION as RECOVERED
from antin.ledger.tree.merkle import HASH_BYTES, full_root, leaf_hashes
from antin.ledger.tree.tiles import (
    ENTRIES,
    MAX_BUNDLE_BYTES,
    TILE_WIDTH,
    Tile,
    read_bundle,
    tile_at,
)

_LOSS: Final = b'{"action":"%s",' % RECOVERED.encode()
PART: Final = 64
"""Bundles that are checked at a time: what a process holds are those of one part."""


@dataclass(frozen=True)
class PartJob:
    """Which bundles of an export, from ``start`` up to ``stop``."""

    start: int
    stop: int
    size: int
    """Of the whole ledger."""
    signed: tuple[int, ...]
    """Sizes within it for which something was signed."""
    facts: bool | None
    """Whether the lines hold facts; None if there are no lines to compare."""


@dataclass
class Part:
    """What checking a part gave."""

    start: int
    """The first entry."""
    found: Collector = field(default_factory=Collector)
    broken: bool = False
    """A bundle is not there: what follows from its entries can't be told."""
    roots: list[bytes] = field(default_factory=list)
    """Of full tiles of leaves."""
    rest: list[bytes] = field(default_factory=list)
    """Leaves of the tile that is not full."""
    marks: list[tuple[int, list[bytes]]] = field(default_factory=list)
    """For each size that was signed: how many roots are before it, and the leaves after those."""
    streams: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    """stream: n and prev of its first entry here."""
    indexes: "array[int]" = field(default_factory=lambda: array("Q"))
    """Of those first entries."""
    tips: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    """stream: n and prev of the entry that goes on from here."""
    first: tuple[int, bytes, int] | None = None
    """Index, request and ordinal of the first entry."""
    last: tuple[bytes, int] = (b"", -1)
    """Request and ordinal of the last one."""
    begun: "array[int]" = field(default_factory=lambda: array("Q"))
    """A number for each request that begins here; unequal ones for unequal requests, mostly."""
    lines: tuple[int, int] | None = None
    """Where its lines begin and end."""
    told: list[tuple[int, bytes, Payload | None]] = field(default_factory=list)
    """Index and bytes of entries without facts, and of those that say what was erased."""

    def begin(self, start: int, forms: Sequence[Form | None]) -> None:
        """Note the first entry: whether its request goes on, only the part before knows."""
        for index, form in enumerate(forms, start):
            if form is not None:
                request, ordinal = form[3], int(form[4])
                self.first = (index, request, ordinal)
                self.last = (request, ordinal - 1)
                return


def check_part(files: ExportFiles, job: PartJob) -> Part:
    """Check the entries of some bundles; nothing in them raises."""
    part = Part(job.start * TILE_WIDTH)
    lines = EntryLines(files, part.found, part.start, facts=job.facts)
    signed = deque(job.signed)
    for index in range(job.start, job.stop):
        bundle = tile_at(ENTRIES, index, job.size)
        entries = bundle_of(files, bundle, part.found)
        if entries is None:
            part.broken = True
            lines.stop()
            continue
        # 1. The tile holds the entries' hashes, computed again.
        leaves = leaf_hashes(entries)
        check_tile(files, Tile(0, index, bundle.width), leaves, part.found)
        # 2. Each entry is one, goes on from its stream's, and is of a request that appends once.
        forms = read_forms(entries)
        _check_forms(part, bundle.start, entries, leaves, forms)
        # 3. Its line is the entry; facts are those that it commits to.
        lines.check(bundle.start, entries, forms)
        # 4. What the tree is made of, for whoever joins the parts.
        while signed and signed[0] < bundle.stop:
            mark = signed.popleft()
            part.marks.append((len(part.roots), leaves[: mark - bundle.start]))
        if bundle.width == TILE_WIDTH:
            part.roots.append(full_root(leaves))
        else:
            part.rest = leaves
    part.lines, part.told = lines.finish(), lines.told
    return part


def bundle_of(files: ExportFiles, bundle: Tile, found: Collector) -> list[bytes] | None:
    """Return a bundle's entries, None (and a finding) if it is none."""
    try:
        data = files.read(bundle.path, MAX_BUNDLE_BYTES)
        if data is not None:
            return read_bundle(bundle, data)
        found.error("export_file_missing", file=bundle.path)
    except AntinError as error:
        found.error("export_file_unreadable", file=bundle.path, reason=reason_of(error))
    return None


def check_tile(files: ExportFiles, tile: Tile, hashes: Sequence[bytes], found: Collector) -> None:
    """Compare a tile with the hashes that it has to hold."""
    try:
        data = files.read(tile.path, TILE_WIDTH * HASH_BYTES)
    except InputError as error:
        found.error("export_file_unreadable", file=tile.path, reason=reason_of(error))
        return
    if data is None:
        found.error("export_file_missing", file=tile.path)
    elif data != b"".join(hashes):
        found.error("tile_altered", file=tile.path)


def reason_of(error: AntinError) -> str:
    """Return what an error says, without its own sentence."""
    return str(error.values.get("detail", error.code))


def _check_forms(
    part: Part,
    start: int,
    entries: Sequence[bytes],
    leaves: Sequence[bytes],
    forms: Sequence[Form | None],
) -> None:
    """Follow streams and requests; one loop, because millions of entries go through it."""
    tips: dict[bytes, tuple[int, bytes]] = part.tips
    begun: list[bytes] = []
    if part.first is None:
        part.begin(start, forms)
    request, ordinal = part.last
    hexes = hexlify(b"".join(leaves), b" ", HASH_BYTES).split()
    for index, (leaf, form) in enumerate(zip(hexes, forms, strict=True), start):
        if entries[index - start].startswith(_LOSS):
            part.found.warning("loss_declared", index=index)
        if form is None:
            part.found.error("entry_unreadable", index=index, reason=_fault(entries[index - start]))
            continue
        _, count, prev, new_request, number, stream = form
        n = int(count) if count else 0
        said = (n, prev)
        tip = tips.get(stream)
        if tip is None:
            part.streams[stream] = said
            part.indexes.append(index)
        elif tip != said:
            stream_broken(part.found, index, stream, tip, said)
        tips[stream] = (n + 1, leaf)
        if number == b"0":
            begun.append(new_request)
            request, ordinal = new_request, 0
            continue
        expected, ordinal = ordinal + 1, int(number)
        if ordinal != expected or new_request != request:
            begun.append(new_request)
            part.found.error("request_repeated", index=index, request=new_request.decode())
        request = new_request
    part.last = (request, ordinal)
    # Equal requests have equal numbers. Unequal ones of the same number are told apart later.
    pairs = zip(map(zlib.crc32, begun), map(zlib.adler32, begun), strict=True)
    part.begun.extend([first << 32 | second for first, second in pairs])


def stream_broken(
    found: Collector,
    index: int,
    stream: bytes,
    expected: tuple[int, bytes],
    said: tuple[int, bytes],
) -> None:
    """Report an entry that does not go on from its stream; pairs of n and prev in hex."""
    if expected[0] != said[0]:
        column: str = "n"
        wanted: int | bytes | None = expected[0]
        there: int | bytes | None = said[0]
    else:
        column, wanted, there = "prev", unhexlify(expected[1]) or None, unhexlify(said[1]) or None
    found.error(
        "stream_broken",
        index=index,
        stream=stream.decode(),
        column=column,
        expected=wanted,
        found=there,
    )


def _fault(data: bytes) -> str:
    try:
        parse(data)
    except InputError as error:
        return reason_of(error)
    return "it has not the form of an entry"
