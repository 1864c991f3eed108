"""Trees in tiles: built in one pass, read a few at a time, and never believed."""

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import AntinError, DefectError, IntegrityError
from antin.ledger.tree.build import TileBuilder, build_tiles
from antin.ledger.tree.merkle import EMPTY_ROOT, leaf_hashes
from antin.ledger.tree.proofs import (
    consistency_spans,
    inclusion_spans,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from antin.ledger.tree.tile_proofs import (
    ConsistencyProof,
    InclusionProof,
    TileHashes,
    consistency_from_tiles,
    inclusion_from_tiles,
    require_root,
)
from antin.ledger.tree.tiles import Tile, tiles_of
from tests.naivetree import naive_extension, naive_path, naive_root
from tests.tilestores import KeptTiles, PeriodicTiles

MANY = 66_400
LEAVES = leaf_hashes(n.to_bytes(3, "big") for n in range(MANY))
sizes = st.one_of(st.integers(1, 1100), st.sampled_from([65_535, 65_536, 65_537, MANY]))


def naive_tile(tile: Tile, leaves: Sequence[bytes]) -> bytes:
    """The specification's formula: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])."""
    step = 256**tile.level
    first = tile.index * 256
    spans = [((first + i) * step, (first + i + 1) * step) for i in range(tile.width)]
    return b"".join(naive_root(leaves[begin:end]) for begin, end in spans)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 4095, 4097, MANY])
def test_every_tile_of_a_tree_is_the_formulas(size: int) -> None:
    built = dict(build_tiles(iter(LEAVES[:size])))
    assert set(built) == set(tiles_of(size))
    assert all(data == naive_tile(tile, LEAVES) for tile, data in built.items())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 1200), min_size=1, max_size=8).map(sorted))
def test_a_tree_that_grows_gives_each_tile_when_it_is_full(marks: list[int]) -> None:
    builder = TileBuilder()
    store: dict[Tile, bytes] = {}
    for since, size in pairwise([0, *marks]):
        new = [*builder.add(LEAVES[since:size]), *builder.partial()]
        assert set(tiles_of(size, since)) <= {tile for tile, _ in new} <= set(tiles_of(size))
        store.update(new)
        assert builder.frontier().root() == root_of(LEAVES[:size])
        assert builder.size == size
    assert {tile: store[tile] for tile in tiles_of(marks[-1])} == dict(
        build_tiles(LEAVES[: marks[-1]])
    )


def test_what_is_kept_does_not_grow_with_the_tree() -> None:
    builder = TileBuilder()
    for start in range(0, MANY, 1000):
        builder.add(LEAVES[start : start + 1000])
        assert len(builder._waiting) <= 3
        assert all(len(hashes) < 256 for hashes in builder._waiting)


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.just(0), sizes), st.integers(0, 600))
def test_a_builder_goes_on_from_tiles(size: int, more: int) -> None:
    stop = min(size + more, MANY)
    kept = KeptTiles.over(LEAVES[:size])
    builder = TileBuilder.resume(kept, size, root_of(LEAVES[:size]))
    assert len(kept.asked) <= 3
    assert all(tile.width < 256 for tile in kept.asked)
    kept.files.update({t.path: data for t, data in builder.add(LEAVES[size:stop])})
    kept.files.update({t.path: data for t, data in builder.partial()})
    whole = dict(build_tiles(LEAVES[:stop]))
    assert {tile: kept.files[tile.path] for tile in whole} == whole


def test_a_builder_does_not_go_on_from_altered_tiles() -> None:
    root = root_of(LEAVES[:700])
    for path in ("tile/0/002.p/188", "tile/1/000.p/2"):
        kept = KeptTiles.over(LEAVES[:700])
        kept.files[path] = kept.files[path][:-1] + bytes([kept.files[path][-1] ^ 1])
        with pytest.raises(IntegrityError) as caught:
            TileBuilder.resume(kept, 700, root)
        assert caught.value.code == "ledger_inconsistent"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1100), st.data())
def test_inclusion_from_tiles_is_the_standards(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = naive_root(LEAVES[:size])
    proof = inclusion_from_tiles(KeptTiles.over(LEAVES[:size]), index, size, root)
    assert (proof.index, proof.size, proof.leaf) == (index, size, LEAVES[index])
    assert list(proof.path) == naive_path(index, LEAVES[:size])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1100), st.data())
def test_consistency_from_tiles_is_the_standards(size: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(1, size))
    root = naive_root(LEAVES[:size])
    proof = consistency_from_tiles(KeptTiles.over(LEAVES[:size]), older, size, root)
    assert (proof.older, proof.size) == (older, size)
    assert proof.older_root == naive_root(LEAVES[:older])
    assert list(proof.path) == naive_extension(older, LEAVES[:size])


def test_three_levels_of_tiles() -> None:
    kept = KeptTiles.over(LEAVES)
    root = root_of(LEAVES)
    for index in (0, 255, 256, 40_000, 65_535, 65_536, 66_303, 66_304, MANY - 1):
        proof = inclusion_from_tiles(kept, index, MANY, root)
        assert list(proof.path) == naive_path(index, LEAVES)
    for older in (1, 256, 65_535, 65_536, 65_537, 66_304, MANY - 1, MANY):
        extension = consistency_from_tiles(kept, older, MANY, root)
        assert list(extension.path) == naive_extension(older, LEAVES)


def test_few_tiles_are_read_however_large_the_tree() -> None:
    leaves = leaf_hashes(bytes([n]) for n in range(256))
    for size in (10_000_000, 2**40 + 12_345, 2**62 + 1):
        levels = -(-size.bit_length() // 8)
        tiles = PeriodicTiles(leaves)
        root = TileHashes(tiles, size).root()
        for index in (0, 1, size // 3, size - 1):
            tiles.asked.clear()
            proof = inclusion_from_tiles(tiles, index, size, root)
            verify_inclusion(index, size, proof.leaf, proof.path, root)
            assert len(set(tiles.asked)) == len(tiles.asked) <= 2 * levels
            assert set(tiles.asked) <= {t for t in tiles.asked if t.stop <= size}
        for older in (1, 255, size // 3, size - 1):
            tiles.asked.clear()
            extension = consistency_from_tiles(tiles, older, size, root)
            verify_consistency(older, size, extension.older_root, root, extension.path)
            assert len(set(tiles.asked)) == len(tiles.asked) <= 2 * levels


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 700), st.data())
def test_no_altered_tile_makes_a_proof(size: int, data: st.DataObject) -> None:
    """Any bit of any tile: the proof is the right one still, or there is none."""
    kept = KeptTiles.over(LEAVES[:size])
    root = root_of(LEAVES[:size])
    path = data.draw(st.sampled_from(sorted(kept.files)))
    at = data.draw(st.integers(0, len(kept.files[path]) - 1))
    kept.files[path] = altered(kept.files[path], at, data.draw(st.sampled_from("flip cut more")))
    index = data.draw(st.integers(0, size - 1))
    proof = attempt(inclusion_from_tiles, kept, index, size, root)
    if isinstance(proof, InclusionProof):
        assert [proof.leaf, *proof.path] == [LEAVES[index], *naive_path(index, LEAVES[:size])]
    else:
        assert proof in {"ledger_inconsistent", "tile_malformed"}
    extension = attempt(consistency_from_tiles, kept, index + 1, size, root)
    if isinstance(extension, ConsistencyProof):
        assert list(extension.path) == naive_extension(index + 1, LEAVES[:size])
        assert extension.older_root == naive_root(LEAVES[: index + 1])
    else:
        assert extension in {"ledger_inconsistent", "tile_malformed"}


def attempt(make: Callable[..., object], *values: object) -> object:
    """Return what was made, or the code of the error."""
    try:
        return make(*values)
    except AntinError as error:
        return error.code


def altered(tile: bytes, at: int, how: str) -> bytes:
    if how == "flip":
        return tile[:at] + bytes([tile[at] ^ 0x40]) + tile[at + 1 :]
    return tile[:at] if how == "cut" else tile + tile[: at + 1]


def test_tiles_of_another_tree_make_no_proof() -> None:
    kept = KeptTiles.over(LEAVES[1:701])
    root = root_of(LEAVES[:700])
    for index in (0, 300, 699):
        with pytest.raises(IntegrityError) as caught:
            inclusion_from_tiles(kept, index, 700, root)
        assert caught.value.code == "ledger_inconsistent"
        with pytest.raises(IntegrityError) as caught:
            consistency_from_tiles(kept, index + 1, 700, root)
        assert caught.value.code == "ledger_inconsistent"
    with pytest.raises(IntegrityError) as caught:
        require_root(kept, 700, root)
    assert caught.value.code == "ledger_inconsistent"
    require_root(KeptTiles.over(LEAVES[:700]), 700, root)


def test_no_proof_of_what_is_not_there() -> None:
    kept = KeptTiles.over(LEAVES[:5])
    with pytest.raises(DefectError):
        inclusion_from_tiles(kept, 5, 5, root_of(LEAVES[:5]))
    with pytest.raises(DefectError):
        consistency_from_tiles(kept, 6, 5, root_of(LEAVES[:5]))
    assert TileHashes(kept, 0).root() == EMPTY_ROOT == hashlib.sha256().digest()
    require_root(kept, 0, EMPTY_ROOT)


@given(st.integers(1, 2**62), st.data())
def test_spans_fit_any_tree(size: int, data: st.DataObject) -> None:
    """What a path spans are the leaves beside one, or beside an older tree, each of them once."""
    index = data.draw(st.integers(0, size - 1))
    spans = sorted([*inclusion_spans(index, size), (index, index + 1)])
    assert [spans[0][0], spans[-1][1]] == [0, size]
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    beside = sorted(consistency_spans(index + 1, size))
    assert all(one[1] == other[0] for one, other in pairwise(beside))
    assert not beside or beside[-1][1] == size
