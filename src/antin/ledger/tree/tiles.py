"""Tiles (c2sp.org/tlog-tiles): a tree in files of 256 hashes, and its entries in bundles of 256.

A tile of level L holds hashes of the tree's level 8 x L, so that each of them is the root of a full
tile below. Names, widths and bytes are those of the specification: who can read another tiled log
can read this one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from antin.core.errors import DefectError, InputError
from antin.core.limits import MAX_ENTRY_BYTES
from antin.ledger.tree.merkle import HASH_BYTES

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
ENTRIES: Final = -1
"""The "level" of entry bundles, below that of the leaves' hashes."""
MAX_BUNDLE_BYTES: Final = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)

_MAX_LEVEL: Final = 63
_LENGTH_BYTES: Final = 2
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?"
)


@dataclass(frozen=True, order=True)
class Tile:
    """Which tile: the ``index``-th of its level; partial if ``width`` is below 256."""

    level: int
    """0 to 63; -1 for a bundle of entries."""
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """Error: ``defect`` for what no tree has."""
        level_fits = ENTRIES <= self.level <= _MAX_LEVEL
        if not level_fits or self.index < 0 or not 0 < self.width <= TILE_WIDTH:
            raise DefectError("defect", detail=f"there is no such tile: {self}")

    @property
    def path(self) -> str:
        """Return the resource's name below the log's prefix: ``tile/0/x001/x234/067.p/8``."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{level}/{_index_path(self.index)}{partial}"

    @property
    def start(self) -> int:
        """The first leaf below this tile (*start index*)."""
        return self.index << TILE_HEIGHT * (max(self.level, 0) + 1)

    @property
    def stop(self) -> int:
        """The leaf after the last one below this tile, as wide as it is."""
        return self.start + (self.width << TILE_HEIGHT * max(self.level, 0))


def _index_path(index: int) -> str:
    """Return ``x001/x234/067`` for 1234067."""
    path = f"{index % 1000:03d}"
    while index := index // 1000:
        path = f"x{index % 1000:03d}/{path}"
    return path


def parse_tile_path(path: str) -> Tile:
    """Return the tile that ``path`` names. Error: ``tile_malformed``."""
    found = _PATH.fullmatch(path)
    if not found:
        raise InputError("tile_malformed", detail="its name is none of a tile")
    level = ENTRIES if found["level"] == "entries" else int(found["level"])
    width = int(found["width"] or TILE_WIDTH)
    if level > _MAX_LEVEL or not 0 < width <= TILE_WIDTH:
        raise InputError("tile_malformed", detail="no tile has such a level or width")
    tile = Tile(level, int(re.sub("[x/]", "", found["index"])), width)
    if tile.path != path:  # leading zeros, a full tile named as a partial one
        raise InputError("tile_malformed", detail=f"its name is written {tile.path}")
    return tile


def tile_at(level: int, index: int, size: int) -> Tile:
    """Return a tile as wide as a tree of ``size`` leaves has it; it must have it."""
    hashes = size >> TILE_HEIGHT * max(level, 0)
    return Tile(level, index, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def has_tile(size: int, path: str) -> bool:
    """Tell whether ``path`` names a tile, or bundle, of a tree of ``size`` leaves."""
    try:
        tile = parse_tile_path(path)
    except InputError:
        return False
    hashes = size >> TILE_HEIGHT * max(tile.level, 0)
    return tile.width == min(TILE_WIDTH, hashes - tile.index * TILE_WIDTH)


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles of hashes that a tree of ``size`` has, level by level.

    With ``since``, only those that the tree of ``since`` leaves does not have: what is to be
    written after it has grown.
    """
    level = 0
    while size >> TILE_HEIGHT * level:
        yield from _of_level(level, size, since)
        level += 1


def bundles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Yield the entry bundles of a log of ``size``; ``since`` as for :func:`tiles_of`."""
    yield from _of_level(ENTRIES, size, since)


def _of_level(level: int, size: int, since: int) -> Iterator[Tile]:
    shift = TILE_HEIGHT * max(level, 0)
    before, hashes = since >> shift, size >> shift
    if hashes > before:
        for index in range(before // TILE_WIDTH, -(-hashes // TILE_WIDTH)):
            yield tile_at(level, index, size)


def tile_hashes(tile: Tile, data: bytes) -> list[bytes]:
    """Return the hashes that a tile's bytes are. Error: ``tile_malformed``."""
    if len(data) != tile.width * HASH_BYTES:
        detail = f"{tile.path} has {len(data)} bytes instead of {tile.width * HASH_BYTES}"
        raise InputError("tile_malformed", detail=detail)
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries as a bundle: each with its length before it, 16 bits, big-endian."""
    if not 0 < len(entries) <= TILE_WIDTH or any(len(e) >= MAX_ENTRY_BYTES for e in entries):
        raise DefectError("defect", detail="these entries are no bundle")
    return b"".join([part for e in entries for part in (len(e).to_bytes(_LENGTH_BYTES), e)])


def read_bundle(bundle: Tile, data: bytes) -> list[bytes]:
    """Return the entries of a bundle: exactly as many as it is wide. Error: ``tile_malformed``."""
    entries = [b""] * bundle.width
    at = 0
    for number in range(bundle.width):
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(data[at:begin])
        entries[number] = data[begin:at]
    # Ends only ever move on: whichever entry goes beyond the data, the last one does too.
    if at != len(data):
        detail = f"{bundle.path} has {len(data)} bytes, its entries {at}"
        raise InputError("tile_malformed", detail=detail)
    return entries
