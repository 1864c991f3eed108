"""Tiles out of a ledger's own tables: leaves at level 0, kept roots of tiles above."""

from antin.core.errors import IntegrityError
from antin.ledger.ports import LedgerStore
from antin.ledger.tree.tiles import TILE_WIDTH, Tile


class StoredTiles:
    """Implements :class:`antin.ledger.ports.TileSource` over a snapshot of the ledger."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def get(self, level: int, index: int, width: int) -> bytes:
        """Return a tile's hashes. Errors: ``tile_missing``."""
        tile = Tile(level, index, width)
        first = index * TILE_WIDTH
        if level == 0:
            hashes = list(self._store.leaves(first, first + width))
        else:
            roots = self._store.tile_roots(level, first, first + width)
            hashes = [root.hash for root in roots]
        # A row too few is no shorter tile; that those that are there are the right ones is seen
        # by whoever comes to a root with them.
        if len(hashes) != width:
            raise IntegrityError("tile_missing", tile=tile.path)
        return b"".join(hashes)
