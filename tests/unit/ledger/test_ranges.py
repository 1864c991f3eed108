"""Ranges of leaves as full subtrees: one way to write each, however they were put together."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import DefectError, IntegrityError
from antin.ledger.tree.merkle import CompactRange, Frontier, fold, leaf_hashes, subtrees
from tests.naivetree import naive_root

LEAVES = leaf_hashes(n.to_bytes(2, "big") for n in range(700))
bounds = st.lists(st.integers(0, 700), min_size=2, max_size=6).map(sorted)


def naive_hashes(start: int, stop: int) -> tuple[bytes, ...]:
    """The largest full subtree that begins here and ends in time, again and again."""
    found = []
    while start < stop:
        width = max(w for w in (1 << n for n in range(11)) if start % w == 0 and start + w <= stop)
        found.append(naive_root(LEAVES[start : start + width]))
        start += width
    return tuple(found)


def appended(start: int, stop: int) -> CompactRange:
    made = CompactRange(start, start)
    for leaf in LEAVES[start:stop]:
        made.append(leaf)
    return made


@given(bounds)
def test_a_range_is_its_full_subtrees(marks: Sequence[int]) -> None:
    start, stop = marks[0], marks[-1]
    made = appended(start, stop)
    assert (made.start, made.stop) == (start, stop)
    assert made.hashes() == naive_hashes(start, stop)
    nodes = [naive_root(LEAVES[i << n : (i + 1) << n]) for n, i in subtrees(start, stop)]
    assert made.hashes() == tuple(nodes)


@given(bounds)
def test_adding_many_leaves_is_adding_each(marks: Sequence[int]) -> None:
    made = CompactRange(marks[0], marks[0])
    for begin, end in pairwise(marks):
        made.extend(LEAVES[begin:end])
    assert (made.stop, made.hashes()) == (marks[-1], naive_hashes(marks[0], marks[-1]))


@given(bounds, st.randoms())
def test_neighbours_join_in_any_order(marks: Sequence[int], chance: Random) -> None:
    parts = [appended(*pair) for pair in pairwise(marks)]
    while len(parts) > 1:
        at = chance.randrange(len(parts) - 1)
        parts[at].join(parts.pop(at + 1))
    assert parts[0].hashes() == naive_hashes(marks[0], marks[-1])


@given(st.integers(0, 700), st.integers(0, 700))
def test_halves_hashed_apart_give_the_root_of_the_whole(one: int, other: int) -> None:
    middle, size = sorted((one, other))
    tree = Frontier(middle, appended(0, middle).hashes())
    tree.join(CompactRange(middle, size, naive_hashes(middle, size)))
    assert (tree.size, tree.root()) == (size, naive_root(LEAVES[:size]))


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (4, 6), (6, 8), (8, 12), (256, 300)])
def test_a_span_that_is_a_node_folds_to_its_hash(start: int, stop: int) -> None:
    assert fold(naive_hashes(start, stop)) == naive_root(LEAVES[start:stop])


def test_only_neighbours_join() -> None:
    for start in (4, 6, 0):
        with pytest.raises(DefectError):
            appended(0, 5).join(appended(start, 8))


@pytest.mark.parametrize(
    ("start", "stop", "count"), [(0, 3, 1), (0, 3, 3), (1, 4, 1), (3, 2, 0), (-1, 0, 1), (2, 2, 1)]
)
def test_hashes_of_another_range_are_refused(start: int, stop: int, count: int) -> None:
    with pytest.raises(IntegrityError) as caught:
        CompactRange(start, stop, LEAVES[:count])
    assert caught.value.code == "ledger_inconsistent"


def test_a_copy_grows_apart() -> None:
    tree = Frontier()
    tree.extend(LEAVES[:5])
    kept = tree.copy()
    tree.extend(LEAVES[5:9])
    assert (kept.size, kept.root()) == (5, naive_root(LEAVES[:5]))
    assert (tree.size, tree.root()) == (9, naive_root(LEAVES[:9]))


def test_a_tree_of_any_size_is_described_at_once() -> None:
    assert len(subtrees(1, 2**63 - 1)) == 124
    assert subtrees(0, 2**63) == [(63, 0)]
