"""Every source of tiles gives the same tiles, and the same refusals."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

from antin.core.errors import IntegrityError
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.infra.ledger.export_writing import ExportedFolder
from antin.ledger.ports import TileRoot, TileSource
from antin.ledger.tree.build import build_tiles
from antin.ledger.tree.merkle import leaf_hashes
from antin.ledger.tree.proofs import root_of
from antin.ledger.tree.stored import StoredTiles
from antin.ledger.tree.tile_proofs import consistency_from_tiles, inclusion_from_tiles, require_root
from antin.ledger.tree.tiles import Tile, tiles_of
from tests.contract.conftest import MAKERS, REAL_POSTGRES
from tests.ledgers import append, checkpoint
from tests.naivetree import naive_extension, naive_path
from tests.notekey import MemoryNoteKey
from tests.rows import an_act
from tests.tilestores import KeptTiles

KEY = MemoryNoteKey()
SIZE = 1030


@dataclass(frozen=True)
class Source:
    """Tiles of a tree of :data:`SIZE` leaves, in one of the homes that they have."""

    leaves: list[bytes]
    read: Callable[[Callable[[TileSource], object]], object]


@pytest.fixture(params=["kept", "folder", "memory", "sqlite", REAL_POSTGRES])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    if request.param == "kept":
        yield _kept()
        return
    if request.param == "folder":
        yield _exported(tmp_path)
        return
    database = MAKERS[request.param](request, tmp_path)
    yield _stored(database)
    database.close()


def _kept() -> Source:
    leaves = leaf_hashes(n.to_bytes(2) for n in range(SIZE))
    return Source(leaves, lambda use: use(KeptTiles.over(leaves)))


def _exported(folder: Path) -> Source:
    """In files, as an export has them."""
    leaves = leaf_hashes(n.to_bytes(2) for n in range(SIZE))
    home = ExportedFolder(folder)
    for tile, data in build_tiles(leaves):
        home.write(tile.path, data)
    return Source(leaves, lambda use: use(home.tiles()))


def _stored(work: UnitOfWork) -> Source:
    """In a ledger's own tables: four full tiles and a rest, under two checkpoints."""
    append(work, *["agency/a"] * 300)
    checkpoint(work, KEY)
    append(work, *["agency/b"] * (SIZE - 300))
    checkpoint(work, KEY)
    leaves = work.read(lambda s: list(s.ledger.leaves(0, SIZE)))
    return Source(leaves, lambda use: work.read(lambda s: use(StoredTiles(s.ledger))))


def test_tiles_are_those_of_the_tree(source: Source) -> None:
    built = dict(build_tiles(source.leaves))
    assert set(built) == set(tiles_of(SIZE))

    def read(tiles: TileSource) -> dict[Tile, bytes]:
        return {one: tiles.get(one.level, one.index, one.width) for one in built}

    assert source.read(read) == built


def test_a_narrower_tile_is_the_beginning_of_a_wider_one(source: Source) -> None:
    whole = source.read(lambda tiles: tiles.get(0, 0, 256))
    assert isinstance(whole, bytes)
    assert source.read(lambda tiles: tiles.get(0, 0, 7)) == whole[: 7 * 32]


def test_proofs_are_the_standards(source: Source) -> None:
    root = root_of(source.leaves)

    def prove(tiles: TileSource) -> None:
        require_root(tiles, SIZE, root)
        for index in (0, 255, 256, 299, 300, 1023, 1024, SIZE - 1):
            proof = inclusion_from_tiles(tiles, index, SIZE, root)
            assert list(proof.path) == naive_path(index, source.leaves)
            extension = consistency_from_tiles(tiles, index + 1, SIZE, root)
            assert list(extension.path) == naive_extension(index + 1, source.leaves)

    source.read(prove)


@pytest.mark.parametrize("tile", [Tile(0, 4, 7), Tile(0, 5, 1), Tile(1, 0, 5), Tile(2, 0, 1)])
def test_a_tile_that_is_not_there_is_never_an_empty_one(source: Source, tile: Tile) -> None:
    with pytest.raises(IntegrityError) as caught:
        source.read(lambda tiles: tiles.get(*astuple(tile)))
    assert caught.value.code == "tile_missing"
    assert caught.value.values["tile"] == tile.path


def test_roots_of_tiles_by_level_and_index(work: UnitOfWork) -> None:
    assert work.read(lambda s: s.ledger.newest_tile_root(1)) is None
    kept = [TileRoot(1, n, bytes([n]) * 32) for n in (0, 1, 2, 5)] + [TileRoot(2, 0, b"\x22" * 32)]
    keep(work, kept[2:])
    keep(work, kept)
    assert work.read(lambda s: list(s.ledger.tile_roots(1, 0, 100))) == kept[:4]
    assert work.read(lambda s: list(s.ledger.tile_roots(1, 1, 5))) == kept[1:3]
    assert work.read(lambda s: list(s.ledger.tile_roots(2, 0, 100))) == kept[4:]
    assert work.read(lambda s: s.ledger.newest_tile_root(1)) == kept[3]
    assert work.read(lambda s: s.ledger.newest_tile_root(3)) is None


def test_a_root_that_is_kept_stays_as_it_is(work: UnitOfWork) -> None:
    """Two processes that take a checkpoint at once bring the same roots: neither collides."""
    keep(work, [TileRoot(1, 0, b"\x01" * 32)])
    keep(work, [TileRoot(1, 0, b"\x02" * 32), TileRoot(1, 1, b"\x03" * 32)])
    kept = work.read(lambda s: [one.hash for one in s.ledger.tile_roots(1, 0, 9)])
    assert kept == [b"\x01" * 32, b"\x03" * 32]
    keep(work, [])


def keep(work: UnitOfWork, roots: Iterable[TileRoot]) -> None:
    def change(stores: Stores) -> Done[None]:
        stores.ledger.add_tile_roots(tuple(roots))
        return Done(None)

    work.run(an_act(), change)
