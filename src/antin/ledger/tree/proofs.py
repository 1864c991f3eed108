"""Inclusion and consistency proofs (RFC 9162 §2.1.3, §2.1.4): what they hold, and checking them.

A proof is bound to a size only as far as the size shapes its path: trees of 3 and of 4 leaves
have paths of one shape for leaf 0. Size and root belong together by a signed checkpoint.
"""

from collections.abc import Callable, Iterable, Sequence

from antin.core.digests import same
from antin.core.errors import DefectError, IntegrityError
from antin.ledger.tree.merkle import HASH_BYTES, Frontier, node_hash

Span = tuple[int, int]
"""The leaves from the first number up to, without, the second."""
HashOf = Callable[[int, int], bytes]
"""Returns the tree hash over a span of leaves that is a node of the tree proven from."""


def inclusion_spans(index: int, size: int) -> tuple[Span, ...]:
    """Return what the nodes of the path from leaf ``index`` to the root span (§2.1.3.1)."""
    if not 0 <= index < size:
        raise DefectError("defect", detail=f"there is no leaf {index} of {size}")
    begin, end = 0, size
    spans = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((begin, middle))
            begin = middle
    return tuple(reversed(spans))


def consistency_spans(older: int, size: int) -> tuple[Span, ...]:
    """Return what the nodes span that show a tree to extend its first ``older`` (§2.1.4.1)."""
    if not 0 < older <= size:
        raise DefectError("defect", detail=f"there is no tree of {older} in {size}")
    begin, end = 0, size
    spans = []
    while older < end:
        middle = begin + _split(end - begin)
        if older <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((begin, middle))
            begin = middle
    if begin:  # else the verifier has it: it is the older root
        spans.append((begin, end))
    return tuple(reversed(spans))


def prove_inclusion(index: int, size: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """Return the path from leaf ``index`` to the root of the tree of ``size`` leaves."""
    return tuple(hash_of(*span) for span in inclusion_spans(index, size))


def prove_consistency(older: int, size: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``size`` leaves extends that of its first ``older``."""
    return tuple(hash_of(*span) for span in consistency_spans(older, size))


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
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
