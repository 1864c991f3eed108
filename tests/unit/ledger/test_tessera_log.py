"""Another implementation's log (tessera's test data): its checkpoints, tiles and bundles are ours.

Ed25519, entries that are no JSON, and every partial tile that the log ever published.
"""

from pathlib import Path

import pytest

from antin.core.errors import AntinError, IntegrityError
from antin.ledger.checkpoints.checkpoint import open_checkpoint
from antin.ledger.checkpoints.note import parse_verifier
from antin.ledger.ports import EntryRow
from antin.ledger.tree.build import TileBuilder, build_tiles
from antin.ledger.tree.merkle import leaf_hashes
from antin.ledger.tree.proofs import root_of, verify_consistency, verify_inclusion
from antin.ledger.tree.tile_proofs import (
    TileHashes,
    consistency_from_tiles,
    inclusion_from_tiles,
    require_root,
)
from antin.ledger.tree.tiles import (
    Tile,
    bundles_of,
    parse_tile_path,
    read_bundle,
    tile_hashes,
    tiles_of,
    write_bundle,
)
from tests.exports import export, files_of
from tests.fakes.memory_work import MemoryUnitOfWork

LOG = Path(__file__).parents[4] / "shared" / "vectors" / "tessera-log"
ORIGIN = "example.com/log/testdata"
VERIFIER = parse_verifier(f"{ORIGIN}+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
SIZE = 15
pytestmark = pytest.mark.skipif(not LOG.is_dir(), reason="../shared is not beside the checkout")


class LogTiles:
    """The log as it lies in its folder."""

    def get(self, level: int, index: int, width: int) -> bytes:
        return (LOG / Tile(level, index, width).path).read_bytes()


def signed_root(size: int) -> bytes:
    data = (LOG / f"checkpoint.{size}").read_bytes()
    checkpoint = open_checkpoint(data, ORIGIN, VERIFIER)
    assert checkpoint.size == size
    return checkpoint.root


def entries(size: int) -> list[bytes]:
    return [
        entry
        for bundle in bundles_of(size)
        for entry in read_bundle(bundle, (LOG / bundle.path).read_bytes())
    ]


@pytest.mark.parametrize("size", range(SIZE + 1))
def test_signed_roots_are_those_of_tiles_and_of_entries(size: int) -> None:
    require_root(LogTiles(), size, signed_root(size))
    assert root_of(leaf_hashes(entries(size))) == signed_root(size)
    read = TileHashes(LogTiles(), size)
    assert [read.leaf(n) for n in range(size)] == leaf_hashes(entries(size))


def test_the_newest_checkpoint_is_that_of_all_entries() -> None:
    assert (LOG / "checkpoint").read_bytes() == (LOG / f"checkpoint.{SIZE}").read_bytes()


def test_we_write_the_same_bytes_under_the_same_names() -> None:
    """One entry at a time, as the log grew: every file of it, and no other."""
    builder = TileBuilder()
    written: dict[str, bytes] = {}
    for size, entry in enumerate(entries(SIZE), 1):
        for tile, data in [*builder.add(leaf_hashes([entry])), *builder.partial()]:
            written[tile.path] = data
        for bundle in bundles_of(size, size - 1):
            written[bundle.path] = write_bundle(entries(SIZE)[bundle.start : bundle.stop])
    there = [path for path in (LOG / "tile").rglob("*") if path.is_file()]
    assert written == {str(path.relative_to(LOG)): path.read_bytes() for path in there}
    assert len(written) == 2 * SIZE


def test_each_file_of_it_is_one_that_we_know() -> None:
    for path in (LOG / "tile").rglob("*"):
        if path.is_file():
            tile = parse_tile_path(str(path.relative_to(LOG)))
            read = read_bundle if tile.level < 0 else tile_hashes
            assert len(read(tile, path.read_bytes())) == tile.width


def test_all_at_once_gives_the_newest_tiles() -> None:
    built = dict(build_tiles(leaf_hashes(entries(SIZE))))
    assert set(built) == set(tiles_of(SIZE))
    assert all(data == (LOG / tile.path).read_bytes() for tile, data in built.items())


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_proofs_from_its_tiles_hold_for_its_checkpoints(size: int) -> None:
    root = signed_root(size)
    for index, leaf in enumerate(leaf_hashes(entries(size))):
        proof = inclusion_from_tiles(LogTiles(), index, size, root)
        verify_inclusion(index, size, leaf, proof.path, root)
    for older in range(1, size + 1):
        extension = consistency_from_tiles(LogTiles(), older, size, root)
        verify_consistency(older, size, signed_root(older), root, extension.path)
        assert extension.older_root == signed_root(older)


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_no_byte_of_it_may_change(size: int) -> None:
    """Each byte of a tile gives another root; of a bundle another root, or no bundle."""
    for tile in tiles_of(size):
        data = (LOG / tile.path).read_bytes()
        for at in range(len(data)):
            leaves = tile_hashes(tile, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert root_of(leaves) != signed_root(size)
    for bundle in bundles_of(size):
        data = (LOG / bundle.path).read_bytes()
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            assert root_of_bundle(bundle, changed) != signed_root(size)


def root_of_bundle(bundle: Tile, data: bytes) -> bytes | str:
    try:
        return root_of(leaf_hashes(read_bundle(bundle, data)))
    except AntinError as error:
        return error.code


def test_its_checkpoint_with_another_size_is_refused() -> None:
    data = (LOG / "checkpoint.15").read_bytes().replace(b"\n15\n", b"\n14\n")
    with pytest.raises(IntegrityError) as caught:
        open_checkpoint(data, ORIGIN, VERIFIER)
    assert caught.value.code == "note_signature_invalid"


def _row(index: int, data: bytes) -> EntryRow:
    leaf = leaf_hashes([data])[0]
    digest = bytes(32)
    return EntryRow(index, f"agency/{index}", 0, None, 0, "x", "x", digest, "x", index, data, leaf)


def test_our_export_of_its_entries_are_its_files(tmp_path: Path) -> None:
    """As the log grew, one entry at a time: each size's files, and what is signed for."""
    work = MemoryUnitOfWork()
    for size, entry in enumerate(entries(SIZE), 1):
        work._state.entries.append(_row(size - 1, entry))
        export(work, tmp_path)
        written = {name: data for name, data in files_of(tmp_path).items() if "tile/" in name}
        names = [tile.path for tile in (*tiles_of(size), *bundles_of(size))]
        assert written == {name: (LOG / name).read_bytes() for name in names}
        ours = (tmp_path / "checkpoint").read_text().split("\n")
        assert ours[1:3] == (LOG / f"checkpoint.{size}").read_text().split("\n")[1:3]
