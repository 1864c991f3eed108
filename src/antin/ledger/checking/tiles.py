"""Checking the kept roots of tiles against the entries: which row was altered, or is gone.

A proof from altered roots is never handed out, so they endanger no history; but then there is no
proof, and somebody wants to know which row it is.
"""

from typing import Final

from antin.core.digests import same
from antin.ledger.checking.report import Collector
from antin.ledger.ports import LedgerStore, TileRoot
from antin.ledger.tree.merkle import Frontier
from antin.ledger.tree.roots import GrowingTree
from antin.ledger.tree.tiles import TILE_HEIGHT, TILE_WIDTH

_NO_END: Final = 2**63 - 1
_TOP: Final = 7
"""No tree of 2⁶³ leaves has tiles above this level."""


class TileRootChecks:
    """Grows the tree again and holds its tiles' roots against those that are kept."""

    def __init__(self, found: Collector, store: LedgerStore) -> None:
        self._found = found
        newest = store.newest_checkpoint()
        self._signed = newest.size if newest else 0
        self._tree = GrowingTree(Frontier())
        self._waiting: list[bytes] = []
        self._kept = {level: _Kept(store, level) for level in range(1, _TOP + 1)}
        self._unkept = 0

    def grow(self, leaf: bytes) -> None:
        """Take in the next entry's leaf."""
        self._waiting.append(leaf)
        if len(self._waiting) == TILE_WIDTH:
            for root in self._tree.extend(self._waiting):
                self._compare(root)
            self._waiting.clear()

    def finish(self) -> None:
        """Report roots of tiles that the entries do not fill, and that others are to come."""
        for kept in self._kept.values():
            while kept.ahead is not None:
                self._altered(kept.ahead, None)
                kept.take()
        if self._unkept:
            self._found.info("tile_roots_unkept", count=self._unkept)

    def _compare(self, root: TileRoot) -> None:
        kept = self._kept[root.level]
        if kept.ahead is None:
            # Nothing is kept from here on: so it is before the first checkpoint that keeps them.
            self._unkept += (root.index + 1) << TILE_HEIGHT * root.level <= self._signed
        elif kept.ahead.index != root.index:
            self._found.error("tile_root_missing", level=root.level, index=root.index)
        else:
            if not same(kept.ahead.hash, root.hash):
                self._altered(kept.ahead, root.hash)
            kept.take()

    def _altered(self, kept: TileRoot, expected: bytes | None) -> None:
        self._found.error(
            "tile_root_altered",
            level=kept.level,
            index=kept.index,
            expected=expected,
            found=kept.hash,
        )


class _Kept:
    """The roots of a level in their order."""

    def __init__(self, store: LedgerStore, level: int) -> None:
        self._rest = store.tile_roots(level, 0, _NO_END)
        self.ahead = next(self._rest, None)

    def take(self) -> None:
        self.ahead = next(self._rest, None)
