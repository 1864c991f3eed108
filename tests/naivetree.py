"""RFC 6962 §2.1, read aloud: slow, recursive, and sharing nothing with what it judges."""

import hashlib
from collections.abc import Sequence


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of §2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = largest_below(len(leaves))
    left, right = naive_root(leaves[:split]), naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of §2.1.1."""
    if len(leaves) == 1:
        return []
    split = largest_below(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*naive_path(index, left), naive_root(right)]
    return [*naive_path(index - split, right), naive_root(left)]


def naive_sides(index: int, size: int) -> str:
    """Where the siblings stand on the path from a leaf to the root: the shape of its proof."""
    if size == 1:
        return ""
    split = largest_below(size)
    if index < split:
        return naive_sides(index, split) + "R"
    return naive_sides(index - split, size - split) + "L"


def naive_extension(size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]) of §2.1.2."""
    return _subproof(size, leaves, whole=True)


def _subproof(size: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = largest_below(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if size <= split:
        return [*_subproof(size, left, whole=whole), naive_root(right)]
    return [*_subproof(size - split, right, whole=False), naive_root(left)]


def largest_below(size: int) -> int:
    """Return the largest power of two below ``size``."""
    split = 1
    while split * 2 < size:
        split *= 2
    return split
