"""Sources of tiles that tests read from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from antin.core.errors import IntegrityError
from antin.ledger.tree.build import build_tiles
from antin.ledger.tree.merkle import full_root
from antin.ledger.tree.tiles import Tile


@dataclass
class KeptTiles:
    """Tiles in memory, under their names; says what was asked for."""

    files: dict[str, bytes]
    asked: list[Tile] = field(default_factory=list)

    @classmethod
    def over(cls, leaves: Iterable[bytes]) -> "KeptTiles":
        return cls({tile.path: data for tile, data in build_tiles(leaves)})

    def get(self, level: int, index: int, width: int) -> bytes:
        tile = Tile(level, index, width)
        self.asked.append(tile)
        data = self.files.get(tile.path)
        if data is None:
            data = self._wider(tile)
        if data is None:
            raise IntegrityError("tile_missing", tile=tile.path)
        return data

    def _wider(self, tile: Tile) -> bytes | None:
        for width in range(tile.width + 1, 257):
            data = self.files.get(replace(tile, width=width).path)
            if data is not None:
                return data[: tile.width * 32]
        return None


class PeriodicTiles:
    """The tiles of a tree of any size whose leaves repeat every 256: made when asked for."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.asked: list[Tile] = []
        self._levels = [list(leaves)]

    def get(self, level: int, index: int, width: int) -> bytes:
        self.asked.append(Tile(level, index, width))
        while len(self._levels) <= level:
            self._levels.append([full_root(self._levels[-1])] * 256)
        return b"".join(self._levels[level][:width])
