"""Names, widths and bytes of tiles and entry bundles, as c2sp.org/tlog-tiles has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import DefectError, InputError
from antin.ledger.tree.tiles import (
    ENTRIES,
    Tile,
    bundles_of,
    parse_tile_path,
    read_bundle,
    tile_at,
    tile_hashes,
    tiles_of,
    write_bundle,
)

tiles = st.builds(Tile, st.integers(-1, 63), st.integers(0, 2**63), st.integers(1, 256))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(63, 999), "tile/63/999"),
        (Tile(1, 1000, 17), "tile/1/x001/000.p/17"),
        (Tile(2, 1_000_000, 1), "tile/2/x001/x000/000.p/1"),
        (Tile(ENTRIES, 1234067, 8), "tile/entries/x001/x234/067.p/8"),
        (Tile(ENTRIES, 273, 255), "tile/entries/273.p/255"),
    ],
)
def test_names(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_tile_path(path) == tile


@given(tiles)
def test_every_name_is_read_back(tile: Tile) -> None:
    assert parse_tile_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000"),
        *("tile/64/000", "tile/-1/000", "tile/x/000", "tile/01/000", "tile/100/000"),
        *("tile/0/x000/001", "tile/0/001/002", "tile/0/x001", "tile/0/x001/x002"),
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p"),
        *("tile/0/000.p/257", "tile/0/000.p/-1", "tile/0/000/p/1", "tile/0/000.p/1.p/1"),
        *("/tile/0/000", "tile/0/000\n", "tile/0/000/", "tile/0/../000", "tile//0/000"),
        *("tile/0/٠٠٠", "tile/data/000", "TILE/0/000", "tile/0/X001/000", "tile/0/0x0"),
        "tile/0/" + "x001/" * 7 + "000",
        "tile/0/" + "x001/" * 100_000 + "000",
    ],
)
def test_other_names_are_refused(path: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_tile_path(path)
    assert caught.value.code == "tile_malformed"


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_what_no_tree_has(level: int, index: int, width: int) -> None:
    with pytest.raises(DefectError):
        Tile(level, index, width)


def test_the_specifications_examples() -> None:
    found = list(tiles_of(70_000))
    assert [t for t in found if t.level == 0] == [Tile(0, n) for n in range(273)] + [
        Tile(0, 273, 112)
    ]
    assert [t for t in found if t.level > 0] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == list(bundles_of(0)) == []
    assert list(bundles_of(257)) == [Tile(ENTRIES, 0), Tile(ENTRIES, 1, 1)]


sizes = st.one_of(st.integers(0, 1000), st.integers(65_000, 66_200), st.integers(0, 200_000))


@given(sizes)
def test_a_tree_has_the_tiles_that_cover_it(size: int) -> None:
    leaves = [t for t in tiles_of(size) if t.level == 0]
    assert [t.start for t in leaves[1:]] == [t.stop for t in leaves[:-1]]
    assert (leaves[-1].stop if leaves else 0) == size
    assert all(t.width == 256 for t in leaves[:-1])
    for tile in tiles_of(size):  # "floor(s / 256**l) mod 256" hashes stand in a partial tile
        if tile.width < 256:
            assert tile.width == size // 256**tile.level % 256
    assert [(t.index, t.width) for t in bundles_of(size)] == [(t.index, t.width) for t in leaves]


@given(sizes, sizes)
def test_what_is_new_is_what_was_not_there(one: int, other: int) -> None:
    since, size = sorted((one, other))
    before = set(tiles_of(since))
    assert list(tiles_of(size, since)) == [t for t in tiles_of(size) if t not in before]
    assert list(tiles_of(size, 0)) == list(tiles_of(size))


def test_where_tiles_begin_and_stop() -> None:
    assert (Tile(1, 2, 3).start, Tile(1, 2, 3).stop) == (2 * 65_536, 2 * 65_536 + 3 * 256)
    assert (Tile(ENTRIES, 2, 3).start, Tile(ENTRIES, 2, 3).stop) == (512, 515)
    assert tile_at(0, 2, 515) == Tile(0, 2, 3)
    assert tile_at(1, 0, 515) == Tile(1, 0, 2)
    with pytest.raises(DefectError):
        tile_at(0, 3, 515)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    bundle = Tile(ENTRIES, 0, len(entries))
    data = write_bundle(entries)
    assert data == b"".join(len(e).to_bytes(2, "big") + e for e in entries)
    assert read_bundle(bundle, data) == entries


@given(st.integers(1, 4), st.binary(max_size=40))
def test_any_bytes_are_refused_or_the_one_bundle_of_their_entries(width: int, data: bytes) -> None:
    try:
        entries = read_bundle(Tile(ENTRIES, 0, width), data)
    except InputError as error:
        code: str | None = error.code
    else:
        code = None
        assert len(entries) == width
        assert write_bundle(entries) == data
    assert code in {None, "tile_malformed"}


@given(st.text(st.sampled_from("tilenrs/x0123.p-"), max_size=30).map("tile/".__add__))
def test_any_name_is_refused_or_the_one_of_its_tile(path: str) -> None:
    try:
        name = parse_tile_path(path).path
    except InputError as error:
        name = error.code
    assert name in {path, "tile_malformed"}


def bundle_refused(width: int, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_bundle(Tile(ENTRIES, 0, width), data)
    assert caught.value.code == "tile_malformed"


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.binary(min_size=1, max_size=9))
def test_a_bundle_of_another_length_is_refused(entries: list[bytes], more: bytes) -> None:
    data = write_bundle(entries)
    for cut in range(len(data)):
        bundle_refused(len(entries), data[:cut])
    bundle_refused(len(entries), data + more)
    bundle_refused(len(entries) + 1, data)


def test_the_longest_entry_and_one_more() -> None:
    longest = b"x" * 65_535
    assert read_bundle(Tile(ENTRIES, 0, 1), write_bundle([longest])) == [longest]
    for entries in ([longest + b"x"], [], [b""] * 257):
        with pytest.raises(DefectError):
            write_bundle(entries)


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65, 96])
def test_a_tile_of_another_width_is_refused(length: int) -> None:
    with pytest.raises(InputError) as caught:
        tile_hashes(Tile(0, 0, 2), bytes(length))
    assert caught.value.code == "tile_malformed"
