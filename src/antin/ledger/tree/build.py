"""Building the tiles of a tree in one pass: what is kept is one tile for each level.

Leaves are hashed a batch at a time and level by level, in loops without a call of ours in them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from antin.core.digests import same
from antin.core.errors import IntegrityError
from antin.ledger.ports import TileSource
from antin.ledger.tree.merkle import Frontier, full_root
from antin.ledger.tree.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, tile_at, tile_hashes

BATCH: Final = 16 * TILE_WIDTH
"""Leaves taken at a time by :func:`build_tiles`."""


class TileBuilder:
    """A growing tree that gives out its tiles as they fill."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[list[bytes]] = []
        """For each level the hashes of the tile that is not full yet."""

    @classmethod
    def resume(cls, source: TileSource, size: int, root: bytes) -> "TileBuilder":
        """Go on from a tree of ``size`` leaves, of which at most a tile a level is read.

        Errors: ``ledger_inconsistent`` if the tiles do not give ``root``; those of ``source``,
        ``tile_malformed``.
        """
        made = cls()
        made.size = size
        level = 0
        while hashes := size >> TILE_HEIGHT * level:
            made._waiting.append(_partial(source, level, hashes // TILE_WIDTH, size))
            level += 1
        if not same(made.frontier().root(), root):
            detail = f"the tiles of {size} leaves do not give the root that is known"
            raise IntegrityError("ledger_inconsistent", detail=detail)
        return made

    def add(self, leaves: Sequence[bytes]) -> list[tuple[Tile, bytes]]:
        """Take in leaf hashes; return the tiles that they filled, lower levels first."""
        filled: list[tuple[Tile, bytes]] = []
        nodes, level, before = leaves, 0, self.size
        self.size += len(leaves)
        while nodes:
            if level == len(self._waiting):
                self._waiting.append([])
            first = (before >> TILE_HEIGHT * level) // TILE_WIDTH
            nodes = self._fill(level, first, nodes, filled)
            level += 1
        return filled

    def partial(self) -> list[tuple[Tile, bytes]]:
        """Return the tiles at the right edge, which are not full."""
        return [
            (tile_at(level, (self.size >> TILE_HEIGHT * level) // TILE_WIDTH, self.size), data)
            for level, hashes in enumerate(self._waiting)
            if (data := b"".join(hashes))
        ]

    def frontier(self) -> Frontier:
        """Return the tree as its full subtrees."""
        hashes: list[bytes] = []
        for waiting in reversed(self._waiting):
            part = Frontier()
            part.extend(waiting)
            hashes += part.hashes()
        return Frontier(self.size, hashes)

    def _fill(
        self, level: int, first: int, nodes: Sequence[bytes], filled: list[tuple[Tile, bytes]]
    ) -> list[bytes]:
        """Take ``nodes`` into a level; return the roots of its tiles that are full now."""
        waiting = self._waiting[level]
        waiting.extend(nodes)
        roots: list[bytes] = []
        for at in range(0, len(waiting) - TILE_WIDTH + 1, TILE_WIDTH):
            hashes = waiting[at : at + TILE_WIDTH]
            filled.append((Tile(level, first + len(roots)), b"".join(hashes)))
            roots.append(full_root(hashes))
        del waiting[: len(roots) * TILE_WIDTH]
        return roots


def build_tiles(leaves: Iterable[bytes]) -> Iterator[tuple[Tile, bytes]]:
    """Yield every tile of the tree over ``leaves``, which are read once; partial ones come last."""
    builder = TileBuilder()
    source = iter(leaves)
    while batch := list(islice(source, BATCH)):
        yield from builder.add(batch)
    yield from builder.partial()


def _partial(source: TileSource, level: int, index: int, size: int) -> list[bytes]:
    """Return the hashes of a level's last tile if it is not full."""
    if not (size >> TILE_HEIGHT * level) % TILE_WIDTH:
        return []
    tile = tile_at(level, index, size)
    return tile_hashes(tile, source.get(tile.level, tile.index, tile.width))
