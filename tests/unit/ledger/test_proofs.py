"""Proofs are those of RFC 9162, and nothing that differs from one is taken for one."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import DefectError, IntegrityError
from antin.ledger.tree.merkle import leaf_hashes, node_hash
from antin.ledger.tree.proofs import (
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.naivetree import naive_extension, naive_path, naive_root, naive_sides

LEAVES = leaf_hashes(n.to_bytes(2, "big") for n in range(200))
ROOTS = [naive_root(LEAVES[:size]) for size in range(201)]
sizes = st.integers(1, 199)


def over(begin: int, end: int) -> bytes:
    return root_of(LEAVES[begin:end])


def refused(check: Callable[..., None], *values: object) -> None:
    with pytest.raises(IntegrityError) as caught:
        check(*values)
    assert caught.value.code == "proof_wrong"


def altered(proof: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Every proof that differs in a bit, in length, in the order or the length of its hashes."""
    for at, node in enumerate(proof):
        for bit in range(256):
            flipped = int.from_bytes(node, "big") ^ 1 << bit
            yield (*proof[:at], flipped.to_bytes(32, "big"), *proof[at + 1 :])
        yield (*proof[:at], *proof[at + 1 :])
        yield (*proof[:at], node[:-1], *proof[at + 1 :])
        yield (*proof[:at], node + b"\x00", *proof[at + 1 :])
        yield (*proof[:at], b"", *proof[at + 1 :])
    for at in range(len(proof) + 1):
        for extra in (b"\x00" * 32, LEAVES[0], *proof[:1], *proof[-1:], b""):
            yield (*proof[:at], extra, *proof[at:])
    if len(proof) > 1:
        yield tuple(reversed(proof))


def flips(value: bytes) -> Iterator[bytes]:
    for bit in range(256):
        yield (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(32, "big")


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 127, 128, 129, 200])
def test_inclusion_as_the_standard_says(size: int) -> None:
    for index in range(size):
        proof = prove_inclusion(index, size, over)
        assert list(proof) == naive_path(index, LEAVES[:size])
        verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 127, 128, 129, 200])
def test_consistency_as_the_standard_says(size: int) -> None:
    for older in range(1, size + 1):
        proof = prove_consistency(older, size, over)
        assert list(proof) == naive_extension(older, LEAVES[:size])
        verify_consistency(older, size, ROOTS[older], ROOTS[size], proof)


@settings(max_examples=25, deadline=None)
@given(sizes, st.data())
def test_no_altered_inclusion_proof_passes(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, root = LEAVES[index], ROOTS[size]
    proof = naive_path(index, LEAVES[:size])
    for other in altered(proof):
        refused(verify_inclusion, index, size, leaf, other, root)
    for flipped in flips(leaf):
        refused(verify_inclusion, index, size, flipped, proof, root)
    for flipped in flips(root):
        refused(verify_inclusion, index, size, leaf, proof, flipped)
    if leaf != root:
        refused(verify_inclusion, index, size, root, proof, leaf)


@settings(max_examples=100, deadline=None)
@given(sizes, st.data())
def test_an_inclusion_proof_is_of_one_index_and_shape(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = naive_path(index, LEAVES[:size])
    sides = naive_sides(index, size)
    for other in (*range(-1, size + 1), -size, 2**63):
        if other != index:
            refused(verify_inclusion, other, size, LEAVES[index], proof, ROOTS[size])
    for other in (*range(-1, 201), 2 * size, 2**63):
        same_shape = 0 <= index < other < 2**63 and naive_sides(index, other) == sides
        if not same_shape:
            refused(verify_inclusion, index, other, LEAVES[index], proof, ROOTS[size])


@settings(max_examples=25, deadline=None)
@given(sizes, st.data())
def test_no_altered_consistency_proof_passes(older: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(older + 1, 200))
    proof = naive_extension(older, LEAVES[:size])
    roots = ROOTS[older], ROOTS[size]
    for other in altered(proof):
        refused(verify_consistency, older, size, *roots, other)
    for flipped in flips(roots[0]):
        refused(verify_consistency, older, size, flipped, roots[1], proof)
    for flipped in flips(roots[1]):
        refused(verify_consistency, older, size, roots[0], flipped, proof)
    refused(verify_consistency, older, size, roots[1], roots[0], proof)
    refused(verify_consistency, size, older, roots[1], roots[0], proof)


def consistency_shape(older: int, size: int) -> tuple[str, int]:
    """What decides how a verifier hashes: the path of the last old leaf, and where it begins."""
    full = (older & -older).bit_length() - 1
    return naive_sides(older - 1, size)[full:], older.bit_count() == 1


@settings(max_examples=100, deadline=None)
@given(sizes, st.data())
def test_a_consistency_proof_is_of_one_shape(older: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(older + 1, 200))
    proof = naive_extension(older, LEAVES[:size])
    shape = consistency_shape(older, size)
    pairs = [(other, size) for other in range(-1, size + 2) if other != older]
    pairs += [(older, other) for other in range(-1, 201) if other != size]
    for one, two in pairs:
        if not 0 < one < two or consistency_shape(one, two) != shape:
            refused(verify_consistency, one, two, ROOTS[older], ROOTS[size], proof)


@settings(max_examples=50)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40))
def test_leaves_of_any_value(leaves: list[bytes]) -> None:
    size = len(leaves)
    for index, leaf in enumerate(leaves):
        proof = prove_inclusion(index, size, lambda a, b: root_of(leaves[a:b]))
        verify_inclusion(index, size, leaf, proof, naive_root(leaves))


def test_what_is_not_there_is_not_proven() -> None:
    for index, size in ((-1, 5), (5, 5), (0, 0)):
        with pytest.raises(DefectError):
            prove_inclusion(index, size, over)
    for older, size in ((0, 5), (6, 5), (-1, 5)):
        with pytest.raises(DefectError):
            prove_consistency(older, size, over)


def test_trees_of_one_size_have_one_root() -> None:
    verify_consistency(5, 5, ROOTS[5], ROOTS[5], ())
    refused(verify_consistency, 5, 5, ROOTS[5], ROOTS[6], ())
    refused(verify_consistency, 5, 5, ROOTS[5], ROOTS[5], (LEAVES[0],))
    refused(verify_consistency, 0, 5, ROOTS[0], ROOTS[5], ())
    refused(verify_consistency, 0, 0, ROOTS[0], ROOTS[0], ())


def test_a_bounded_walk_for_an_endless_proof() -> None:
    refused(verify_inclusion, 0, 2**63, LEAVES[0], LEAVES, ROOTS[5])
    refused(verify_consistency, 1, 2**63, ROOTS[1], ROOTS[5], LEAVES)


def test_a_root_made_for_a_longer_proof_is_refused() -> None:
    """Who chooses the root too: only its shape shows that such a tree is no tree of this size."""
    more = LEAVES[9]
    for size in (1, 2, 3, 5, 8):
        index = size - 1
        path = naive_path(index, LEAVES[:size])
        for root in (node_hash(more, ROOTS[size]), node_hash(ROOTS[size], more)):
            refused(verify_inclusion, index, size, LEAVES[index], [*path, more], root)
    for older, size in ((1, 2), (2, 3), (3, 5), (6, 8)):
        proof = [*naive_extension(older, LEAVES[:size]), more]
        roots = ROOTS[older], node_hash(more, ROOTS[older])
        larger = node_hash(more, ROOTS[size]), node_hash(ROOTS[size], more)
        for one in roots:
            for two in larger:
                refused(verify_consistency, older, size, one, two, proof)


def test_a_root_made_for_a_shorter_proof_is_refused() -> None:
    leaf = LEAVES[0]
    refused(verify_inclusion, 0, 2, leaf, (), leaf)
    refused(verify_inclusion, 0, 4, leaf, (LEAVES[1],), ROOTS[2])
    refused(verify_consistency, 1, 4, leaf, ROOTS[2], (LEAVES[1],))
    refused(verify_consistency, 1, 2, leaf, leaf, ())
    refused(verify_consistency, 3, 4, leaf, leaf, ())


def test_a_hash_may_not_borrow_a_byte_from_its_neighbour() -> None:
    """Two hashes are joined before they are hashed, so their lengths are asked for."""
    one, other = LEAVES[:2]
    for cut in (31, 33, 0, 64):
        left, right = (one + other)[:cut], (one + other)[cut:]
        refused(verify_inclusion, 0, 2, left, (right,), ROOTS[2])
        refused(verify_inclusion, 1, 2, right, (left,), ROOTS[2])
        refused(verify_consistency, 1, 2, left, ROOTS[2], (right,))
