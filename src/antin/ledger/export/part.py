"""Checking a part of an exported ledger: some bundles, by themselves.

Parts are checked apart, in processes, and joined in order: a part tells the subtrees over its
leaves, where each stream begins and ends in it, and its requests.
"""

from array import array
from binascii import hexlify, unhexlify
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from antin.core.errors import AntinError, InputError
from antin.ledger.checking.report import Collector
from antin.ledger.entry import parse
from antin.ledger.entry_form import Entries, read_entries
from antin.ledger.export.layout import ExportFiles
from antin.ledger.export.lines import EntryLines
from antin.ledger.export.requests import Grouped, grouped, numbers_of
from antin.ledger.ports import Payload
from antin.ledger.recovery import ACTION as RECOVERED
from antin.ledger.tree.merkle import HASH_BYTES, full_root, leaf_hashes
from antin.ledger.tree.tiles import (
    ENTRIES,
    MAX_BUNDLE_BYTES,
    TILE_WIDTH,
    Tile,
    tile_at,
)

_BEFORE_ACT: Final = b'{"action":"'
_LOSS: Final = b'%b",' % RECOVERED.encode()
PART: Final = 128
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
    begun: Grouped = field(default_factory=lambda: grouped(array("Q")))
    """Numbers of the requests that begin here."""
    lines: tuple[int, int] | None = None
    """Where its lines begin and end."""
    told: list[tuple[int, bytes, Payload | None]] = field(default_factory=list)
    """Index and bytes of entries without facts, and of those that say what was erased."""


def check_part(files: ExportFiles, job: PartJob) -> Part:
    """Check the entries of some bundles; nothing in them raises."""
    part = Part(job.start * TILE_WIDTH)
    lines = EntryLines(files, part.found, part.start, facts=job.facts)
    signed = deque(job.signed)
    begun = array("Q")
    for index in range(job.start, job.stop):
        bundle = tile_at(ENTRIES, index, job.size)
        entries = entries_of(files, bundle, part.found)
        if entries is None:
            part.broken = True
            lines.stop()
            continue
        # 1. The tile holds the entries' hashes, computed again.
        leaves = leaf_hashes(entries.data)
        check_tile(files, Tile(0, index, bundle.width), leaves, part.found)
        # 2. Each entry is one, goes on from its stream's, and is of a request that appends once.
        begun += numbers_of(_check_entries(part, bundle.start, entries, leaves))
        # 3. Its line is the entry; facts are those that it commits to.
        lines.check(bundle.start, entries)
        # 4. What the tree is made of, for whoever joins the parts.
        while signed and signed[0] < bundle.stop:
            mark = signed.popleft()
            part.marks.append((len(part.roots), leaves[: mark - bundle.start]))
        if bundle.width == TILE_WIDTH:
            part.roots.append(full_root(leaves))
        else:
            part.rest = leaves
    part.begun = grouped(begun)
    part.lines, part.told = lines.finish(), lines.told
    return part


def entries_of(files: ExportFiles, bundle: Tile, found: Collector) -> Entries | None:
    """Return a bundle's entries, None (and a finding) if it is none."""
    try:
        data = files.read(bundle.path, MAX_BUNDLE_BYTES)
        if data is not None:
            return read_entries(bundle, data)
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


def _check_entries(
    part: Part, start: int, entries: Entries, leaves: Sequence[bytes]
) -> Sequence[bytes]:
    """Follow streams and requests, and return the requests that begin here.

    Millions of entries go through these loops.
    """
    _look_at_each(part, start, entries)
    _follow_streams(part, start, entries, hexlify(b"".join(leaves), b" ", HASH_BYTES).split())
    return _follow_requests(part, start, entries)


def _look_at_each(part: Part, start: int, entries: Entries) -> None:
    """Say which are no entries, and which declare a loss; of many it is seen that none does."""
    acts = None if entries.columns is None else set(entries.columns.acts)
    if acts is not None and not any(one.startswith(_LOSS) for one in acts):
        return
    good = set(entries.places)
    for place, data in enumerate(entries.data):
        if place not in good:
            part.found.error("entry_unreadable", index=start + place, reason=_fault(data))
        if data.startswith(_BEFORE_ACT + _LOSS):
            part.found.warning("loss_declared", index=start + place)


def _follow_streams(part: Part, start: int, entries: Entries, leaves: Sequence[bytes]) -> None:
    tips = part.tips
    columns = zip(entries.places, entries.counts, entries.prevs, entries.streams, strict=True)
    for place, n, prev, stream in columns:
        tip = tips.get(stream)
        if tip is None:
            part.streams[stream] = (n, prev)
            part.indexes.append(start + place)
        elif tip != (n, prev):
            stream_broken(part.found, start + place, stream, tip, (n, prev))
        tips[stream] = (n + 1, leaves[place])


def _follow_requests(part: Part, start: int, entries: Entries) -> Sequence[bytes]:
    """Return the requests that begin here."""
    if part.first is None and entries.places:  # does it go on? Only the part before knows
        request, ordinal = entries.requests[0], entries.ordinals[0]
        part.first = (start + entries.places[0], request, ordinal)
        part.last = (request, ordinal - 1)
    if not any(entries.ordinals):
        part.last = (entries.requests[-1], 0) if entries.places else part.last
        return entries.requests
    begun: list[bytes] = []
    last, before = part.last
    columns = zip(entries.places, entries.requests, entries.ordinals, strict=True)
    for place, request, ordinal in columns:
        if ordinal == 0:
            begun.append(request)
        elif ordinal != before + 1 or request != last:
            begun.append(request)
            part.found.error("request_repeated", index=start + place, request=request.decode())
        last, before = request, ordinal
    part.last = (last, before)
    return begun


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
