"""Inclusion and consistency proofs (RFC 9162 §2.1.3, §2.1.4): made from leaves, checked without."""

from collections.abc import Sequence

from antin.core.digests import same
from antin.core.errors import DefectError, IntegrityError
from antin.ledger.merkle import HASH_BYTES, Frontier, node_hash


def prove_inclusion(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the path from leaf ``index`` to the root over ``leaves`` (§2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise DefectError("defect", detail=f"there is no leaf {index} of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return (*prove_inclusion(index, left), root_of(right))
    return (*prove_inclusion(index - split, right), root_of(left))


def prove_consistency(size: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the proof that the tree over ``leaves`` extends its first ``size`` (§2.1.4.1)."""
    if not 0 < size <= len(leaves):
        raise DefectError("defect", detail=f"there is no tree of {size} in {len(leaves)}")
    return _subproof(size, leaves, whole=True)


def _subproof(size: int, leaves: Sequence[bytes], *, whole: bool) -> tuple[bytes, ...]:
    if size == len(leaves):
        return () if whole else (root_of(leaves),)
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if size <= split:
        return (*_subproof(size, left, whole=whole), root_of(right))
    return (*_subproof(size - split, right, whole=False), root_of(left))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise ``proof_wrong`` unless ``leaf`` is leaf ``index`` of the tree (§2.1.3.2)."""
    _require_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise _wrong(f"there is no entry {index} among {size}")
    first, second = index, size - 1
    node = leaf
    for sibling in proof:
        if second == 0:
            raise _wrong("the proof is too long")
        if first & 1 or first == second:
            node = node_hash(sibling, node)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            node = node_hash(node, sibling)
        first, second = first >> 1, second >> 1
    if second != 0:
        raise _wrong("the proof is too short")
    if not same(node, root):
        raise _wrong("the proof does not lead to the root")


def verify_consistency(
    size: int, larger: int, root: bytes, larger_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise ``proof_wrong`` unless the tree of ``larger`` leaves extends that of ``size``.

    RFC 9162 §2.1.4.2. Every tree extends the empty one, so that proves nothing and is refused.
    """
    if not 0 < size <= larger:
        raise _wrong(f"a tree of {larger} entries extends none of {size} in a provable way")
    if size == larger:
        if proof or not same(root, larger_root):
            raise _wrong("trees of one size have one root and need no proof")
        return
    _require_hashes(root, larger_root, *proof)
    path = list(proof)
    if size & (size - 1) == 0:  # a full tree is a node of the larger one
        path.insert(0, root)
    if not path:
        raise _wrong("the proof is too short")
    _check_both(size - 1, larger - 1, path, root, larger_root)


def _check_both(
    first: int, second: int, path: list[bytes], root: bytes, larger_root: bytes
) -> None:
    """Walk up both trees at once, from the last common subtree."""
    while first & 1:
        first, second = first >> 1, second >> 1
    old = new = path[0]
    for node in path[1:]:
        if second == 0:
            raise _wrong("the proof is too long")
        if first & 1 or first == second:
            old, new = node_hash(node, old), node_hash(node, new)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            new = node_hash(new, node)
        first, second = first >> 1, second >> 1
    if second != 0:
        raise _wrong("the proof is too short")
    if not same(old, root) or not same(new, larger_root):
        raise _wrong("the proof does not lead to both roots")


def _require_hashes(*values: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in values):
        raise _wrong("what should be a SHA-256 is none")


def _split(size: int) -> int:
    """Return the largest power of two below ``size`` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _wrong(detail: str) -> IntegrityError:
    return IntegrityError("proof_wrong", detail=detail)
