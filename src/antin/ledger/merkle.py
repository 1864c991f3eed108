"""The Merkle tree of RFC 6962 §2.1 (RFC 9162 §2.1.1), grown leaf by leaf in a frontier.

A frontier holds the roots of the full subtrees of a tree, left to right: as many hashes as the
size has one-bits. It is all that is needed to go on from a signed checkpoint.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from antin.core.errors import IntegrityError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return ``SHA-256(0x00 ‖ data)``."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return ``SHA-256(0x01 ‖ left ‖ right)``; the prefix keeps nodes from posing as leaves."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree; memory is one hash per one-bit of its size."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Go on from ``size`` leaves. Error: ``ledger_inconsistent`` if ``hashes`` do not fit."""
        self.size = size
        self._hashes = list(hashes)
        fits = size >= 0 and len(self._hashes) == size.bit_count()
        if not fits or any(len(one) != HASH_BYTES for one in self._hashes):
            raise IntegrityError(
                "ledger_inconsistent", detail=f"the frontier is none of a tree of {size} leaves"
            )

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash: merge as many full subtrees as the size has trailing one-bits."""
        node = leaf
        size = self.size
        while size & 1:
            node = node_hash(self._hashes.pop(), node)
            size >>= 1
        self._hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root: the subtrees folded from right to left; the empty tree has one too."""
        if not self._hashes:
            return EMPTY_ROOT
        node = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            node = node_hash(left, node)
        return node

    def hashes(self) -> tuple[bytes, ...]:
        """Return the roots of the full subtrees, left to right."""
        return tuple(self._hashes)
