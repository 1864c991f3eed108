"""The Merkle tree of RFC 6962 §2.1 (RFC 9162 §2.1.1), as the full subtrees of a range of leaves.

A range of leaves falls into full subtrees in one way only, at most two for each level. Their
hashes are all that is needed to go on from there, or to join it to the range beside it: so parts
of a log can be hashed apart. A frontier is the range that begins at the first leaf, and has a root.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Self

from antin.core.errors import DefectError, IntegrityError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return ``SHA-256(0x00 ‖ data)``."""
    return hashlib.sha256(b"\x00" + data).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hash of each entry, in one loop."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + data).digest() for data in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return ``SHA-256(0x01 ‖ left ‖ right)``; the prefix keeps nodes from posing as leaves."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def parents(nodes: Sequence[bytes]) -> list[bytes]:
    """Return the nodes above an even number of neighbours; the first is a left child."""
    sha256 = hashlib.sha256
    both = iter(nodes)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(both, both, strict=True)]


def full_root(nodes: Sequence[bytes]) -> bytes:
    """Return the node above 2ⁿ neighbours, level by level."""
    while len(nodes) > 1:
        nodes = parents(nodes)
    return nodes[0]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root above full subtrees that get smaller from left to right; at least one."""
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node


def subtrees(start: int, stop: int) -> list[tuple[int, int]]:
    """Return the full subtrees of the leaves ``start`` up to ``stop``, left to right.

    Each is (level, index): the node over the leaves ``index << level`` up to
    ``(index + 1) << level``.
    """
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return found


class CompactRange:
    """The leaves ``start`` up to ``stop`` as full subtrees; grows at its right end."""

    def __init__(self, start: int, stop: int, hashes: Iterable[bytes] = ()) -> None:
        """Go on from the leaves so far. Error: ``ledger_inconsistent`` if ``hashes`` do not fit."""
        self.start = start
        self.stop = stop
        self._hashes = list(hashes)
        fits = 0 <= start <= stop and len(self._hashes) == len(subtrees(start, stop))
        if not fits or any(len(one) != HASH_BYTES for one in self._hashes):
            raise IntegrityError(
                "ledger_inconsistent",
                detail=f"the hashes are none of the subtrees of the leaves {start} up to {stop}",
            )

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.push(0, leaf)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add many leaf hashes, level by level: what is kept of them meanwhile is all of them."""
        nodes = list(leaves)
        position, level = self.stop, 0
        later: list[tuple[int, bytes]] = []
        while nodes:
            if position & 1:  # a right child: its sibling, if any, is here already
                self.push(level, nodes.pop(0))
                position += 1
            if len(nodes) & 1:  # a left child whose sibling is still to come
                later.append((level, nodes.pop()))
            nodes = parents(nodes)
            position, level = position >> 1, level + 1
        for level, node in reversed(later):
            self.push(level, node)

    def join(self, right: "CompactRange") -> None:
        """Take in the range that begins where this one stops."""
        if right.start != self.stop:
            detail = f"leaves from {right.start} do not go on from {self.stop}"
            raise DefectError("defect", detail=detail)
        for (level, _), node in zip(subtrees(right.start, right.stop), right.hashes(), strict=True):
            self.push(level, node)

    def copy(self) -> Self:
        """Return another range of the same leaves; the two grow apart."""
        other = type(self).__new__(type(self))
        CompactRange.__init__(other, self.start, self.stop, self._hashes)
        return other

    def hashes(self) -> tuple[bytes, ...]:
        """Return the roots of the full subtrees, left to right."""
        return tuple(self._hashes)

    def push(self, level: int, node: bytes) -> None:
        """Add a full subtree, which must begin in its place; it merges with those to its left."""
        stop = self.stop + (1 << level)
        index = self.stop >> level
        while index & 1 and (index - 1) << level >= self.start:
            node = node_hash(self._hashes.pop(), node)
            index, level = index >> 1, level + 1
        self._hashes.append(node)
        self.stop = stop


class Frontier(CompactRange):
    """A growing tree; memory is one hash per one-bit of its size."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Go on from ``size`` leaves. Error: ``ledger_inconsistent`` if ``hashes`` do not fit."""
        super().__init__(0, size, hashes)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self.stop

    def root(self) -> bytes:
        """Return the root: the subtrees folded from right to left; the empty tree has one too."""
        return fold(self._hashes) if self._hashes else EMPTY_ROOT
