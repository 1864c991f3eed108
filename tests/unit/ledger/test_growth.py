"""A signed checkpoint's frontier and the leaves after it prove what the whole tree would."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import IntegrityError
from antin.ledger.growth import prove_growth
from antin.ledger.merkle import Frontier
from antin.ledger.ports import StoredCheckpoint
from tests.growinglog import GrowingLog
from tests.rows import NOW

LOG = GrowingLog()


def stored(size: int, log: GrowingLog = LOG) -> StoredCheckpoint:
    tree = Frontier()
    tree.extend(log.leaves(0, size))
    return StoredCheckpoint(size, tree.root(), log.note(size), tree.hashes(), NOW)


@given(st.integers(0, 70), st.integers(0, 70))
def test_the_proof_is_that_of_the_whole_tree(old: int, more: int) -> None:
    size = old + more
    proof = prove_growth(stored(old), stored(size), LOG.leaves(old, size))
    assert proof == LOG.proof(old, size)


def test_leaves_that_are_not_those_signed_for_prove_nothing() -> None:
    older, newer, leaves = stored(5), stored(11), LOG.leaves(5, 11)
    other = LOG.forked_at(7)
    for wrong in (leaves[:-1], leaves[::-1], other.leaves(5, 11), [*leaves, leaves[0]]):
        with pytest.raises(IntegrityError) as caught:
            prove_growth(older, newer, wrong)
        assert caught.value.code == "ledger_inconsistent"


def test_checkpoints_of_two_histories_prove_nothing() -> None:
    forged = LOG.forked_at(3)
    with pytest.raises(IntegrityError) as caught:
        prove_growth(stored(5), stored(11, forged), forged.leaves(5, 11))
    assert caught.value.code == "ledger_inconsistent"
    with pytest.raises(IntegrityError) as caught:
        prove_growth(replace(stored(5), frontier=(bytes(32),) * 2), stored(11), LOG.leaves(5, 11))
    assert caught.value.code == "ledger_inconsistent"
