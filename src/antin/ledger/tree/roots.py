"""Roots of tiles, found as the tree grows: what stands in the tiles above them.

They are kept beside the entries, so that a proof need not hash millions of leaves again. They are
derived: whoever reads them checks what comes of them against a signed root.
"""

from collections.abc import Iterable
from itertools import islice

from antin.ledger.ports import TileRoot
from antin.ledger.tree.merkle import CompactRange, Frontier
from antin.ledger.tree.tiles import TILE_HEIGHT, TILE_WIDTH


class GrowingTree:
    """A tree that tells the root of each tile when it is full; keeps full subtrees only."""

    def __init__(self, tree: Frontier) -> None:
        """Go on from ``tree``, which is left as it is."""
        self._rows: list[CompactRange] = []
        """For each level the tile that is not full yet."""
        hashes, count = list(tree.hashes()), tree.size
        while count:
            first = count - count % TILE_WIDTH
            below = (count - first).bit_count()
            self._rows.append(CompactRange(first, count, hashes[len(hashes) - below :]))
            del hashes[len(hashes) - below :]
            count >>= TILE_HEIGHT

    def extend(self, leaves: Iterable[bytes]) -> list[TileRoot]:
        """Take in leaf hashes, a tile at a time; return the roots of the tiles that they filled."""
        found: list[TileRoot] = []
        source = iter(leaves)
        row = self._row(0)
        while batch := list(islice(source, row.start + TILE_WIDTH - row.stop)):
            row.extend(batch)
            self._carry(found)
            row = self._row(0)
        return found

    def frontier(self) -> Frontier:
        """Return the tree as its full subtrees."""
        hashes = [one for row in reversed(self._rows) for one in row.hashes()]
        return Frontier(self._row(0).stop, hashes)

    def _carry(self, found: list[TileRoot]) -> None:
        """Begin a new tile on each level whose tile is full, and put its root one level up."""
        level = 0
        while (row := self._row(level)).stop - row.start == TILE_WIDTH:
            (root,) = row.hashes()
            self._rows[level] = CompactRange(row.stop, row.stop)
            level += 1
            found.append(TileRoot(level, row.start // TILE_WIDTH, root))
            self._row(level).append(root)

    def _row(self, level: int) -> CompactRange:
        if level == len(self._rows):
            self._rows.append(CompactRange(0, 0))
        return self._rows[level]
