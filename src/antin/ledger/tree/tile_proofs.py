"""Proofs from tiles: two tiles for each 256-fold of the tree's size, however large it is.

Tiles are not believed: a proof is checked against the signed root before it leaves, so that a tile
that was altered, exchanged or cut makes an error and never a wrong proof.
"""

from dataclasses import dataclass

from antin.core.digests import same
from antin.core.errors import AntinError, IntegrityError
from antin.ledger.ports import TileSource
from antin.ledger.tree.merkle import EMPTY_ROOT, fold, full_root, subtrees
from antin.ledger.tree.proofs import (
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from antin.ledger.tree.tiles import TILE_HEIGHT, TILE_WIDTH, tile_at, tile_hashes


@dataclass(frozen=True)
class InclusionProof:
    """That ``leaf`` is leaf ``index`` of the tree of ``size`` leaves (RFC 9162 §2.1.3)."""

    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class ConsistencyProof:
    """That the tree of ``size`` leaves extends that of ``older`` (RFC 9162 §2.1.4)."""

    older: int
    older_root: bytes
    size: int
    path: tuple[bytes, ...]


class TileHashes:
    """The nodes of a tree of ``size`` leaves, computed from tiles; keeps those that it read."""

    def __init__(self, source: TileSource, size: int) -> None:
        """Errors, also of the methods: those of ``source``, ``tile_malformed``."""
        self.size = size
        self._source = source
        self._read: dict[tuple[int, int], list[bytes]] = {}

    def root(self, size: int | None = None) -> bytes:
        """Return the root over all leaves, or over the first ``size``."""
        stop = self.size if size is None else size
        return self.span(0, stop) if stop else EMPTY_ROOT

    def leaf(self, index: int) -> bytes:
        """Return a leaf's hash."""
        return self._node(0, index)

    def span(self, start: int, stop: int) -> bytes:
        """Return the hash over leaves that are below one node of the tree of ``stop`` leaves."""
        return fold([self._node(level, index) for level, index in subtrees(start, stop)])

    def _node(self, level: int, index: int) -> bytes:
        """Return the root of a full subtree: it stands in a tile, or at most 128 hashes below."""
        tile_level, above = divmod(level, TILE_HEIGHT)
        tile_index, first = divmod(index << above, TILE_WIDTH)
        hashes = self._tile(tile_level, tile_index)
        return full_root(hashes[first : first + (1 << above)])

    def _tile(self, level: int, index: int) -> list[bytes]:
        kept = self._read.get((level, index))
        if kept is None:
            tile = tile_at(level, index, self.size)
            kept = tile_hashes(tile, self._source.get(level, index, tile.width))
            self._read[level, index] = kept
        return kept


def inclusion_from_tiles(source: TileSource, index: int, size: int, root: bytes) -> InclusionProof:
    """Return the proof that leaf ``index`` is in the tree of ``size`` leaves and this root.

    Errors: ``ledger_inconsistent`` if the tiles say otherwise; ``tile_malformed``, those of
    ``source``; ``defect`` if there is no such leaf.
    """
    hashes = TileHashes(source, size)
    path = prove_inclusion(index, size, hashes.span)
    leaf = hashes.leaf(index)
    try:
        verify_inclusion(index, size, leaf, path, root)
    except IntegrityError as error:
        raise _contradiction(size, error) from error
    return InclusionProof(index, size, leaf, path)


def consistency_from_tiles(
    source: TileSource, older: int, size: int, root: bytes
) -> ConsistencyProof:
    """Return the proof that the tree of ``size`` leaves and this root extends its first ``older``.

    ``older_root`` is what the tiles give: whoever holds a signed root of that size compares. Errors
    as for :func:`inclusion_from_tiles`.
    """
    hashes = TileHashes(source, size)
    path = prove_consistency(older, size, hashes.span)
    older_root = hashes.root(older)
    try:
        verify_consistency(older, size, older_root, root, path)
    except IntegrityError as error:
        raise _contradiction(size, error) from error
    return ConsistencyProof(older, older_root, size, path)


def require_root(source: TileSource, size: int, root: bytes) -> None:
    """Raise ``ledger_inconsistent`` unless the tiles at the right edge give the root."""
    if not same(TileHashes(source, size).root(), root):
        detail = f"the tiles of {size} leaves do not give the root that was signed"
        raise IntegrityError("ledger_inconsistent", detail=detail)


def _contradiction(size: int, error: AntinError) -> IntegrityError:
    detail = f"the tiles of {size} leaves contradict the root that was signed: {error.detail}"
    return IntegrityError("ledger_inconsistent", detail=detail)
