"""Roots of tiles, given out as a tree grows."""

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import IntegrityError
from antin.ledger.checkpoints.checkpoint import next_checkpoint, tile_roots_under
from antin.ledger.ports import StoredCheckpoint, TileRoot
from antin.ledger.tree.merkle import Frontier, leaf_hashes
from antin.ledger.tree.proofs import root_of
from antin.ledger.tree.roots import GrowingTree
from tests.ledgers import checkpoint_of
from tests.naivetree import naive_root
from tests.rows import NOW

MANY = 66_400
LEAVES = leaf_hashes(n.to_bytes(3, "big") for n in range(MANY))
LEVEL_1 = [naive_root(LEAVES[at : at + 256]) for at in range(0, MANY - 255, 256)]
ROOTS = {(1, n): one for n, one in enumerate(LEVEL_1)} | {(2, 0): naive_root(LEVEL_1[:256])}
marks = st.lists(
    st.one_of(st.integers(0, 1300), st.sampled_from([65_535, 65_536, 65_537, MANY])),
    min_size=1,
    max_size=6,
).map(sorted)


@settings(max_examples=60, deadline=None)
@given(marks)
def test_each_root_is_given_out_once_wherever_the_growth_stopped(stops: list[int]) -> None:
    given_out: list[TileRoot] = []
    tree = Frontier()
    for since, stop in pairwise([0, *stops]):
        growing = GrowingTree(tree)
        given_out += growing.extend(LEAVES[since:stop])
        tree = growing.frontier()
        assert tree.root() == root_of(LEAVES[:stop])
    expected = {k: v for k, v in ROOTS.items() if (k[1] + 1) << 8 * k[0] <= stops[-1]}
    assert {(one.level, one.index): one.hash for one in given_out} == expected
    assert len(given_out) == len(expected)


def test_a_tree_that_was_gone_on_from_is_left_as_it_is() -> None:
    tree = Frontier()
    tree.extend(LEAVES[:300])
    hashes = tree.hashes()
    GrowingTree(tree).extend(LEAVES[300:600])
    assert (tree.size, tree.hashes()) == (300, hashes)


def test_roots_below_a_checkpoint_that_was_kept_without_them() -> None:
    growth = next_checkpoint(None, LEAVES[:700], 700)
    signed = checkpoint_of(700, growth.root)
    kept = StoredCheckpoint(700, growth.root, signed.note, growth.frontier, NOW)
    assert tile_roots_under(kept, iter(LEAVES[:700])) == growth.tile_roots
    assert [(one.level, one.index) for one in growth.tile_roots] == [(1, 0), (1, 1)]
    for others in (LEAVES[:699], LEAVES[1:701], LEAVES[:701]):
        with pytest.raises(IntegrityError) as caught:
            tile_roots_under(kept, others)
        assert caught.value.code == "ledger_inconsistent"


def test_a_checkpoint_keeps_a_hash_of_255_leaves_in_memory() -> None:
    """Of 100,000 leaves, which take 9 MB."""
    tracemalloc.start()
    try:
        next_checkpoint(None, leaf_stream(100_000), 100_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 500_000


def leaf_stream(count: int) -> Iterator[bytes]:
    return (n.to_bytes(32) for n in range(count))
