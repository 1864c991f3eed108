"""Roots and proofs over the entries as their bytes are now: read again, each at most once a proof.

For findings only, of which there are few: who proves much keeps tiles.
"""

from itertools import islice
from typing import Final

from antin.ledger.ports import LedgerStore
from antin.ledger.tree.merkle import Frontier, leaf_hash
from antin.ledger.tree.proofs import prove_consistency

_BATCH: Final = 4096


class History:
    """What the entries come to, whatever was signed for."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def root(self, size: int) -> bytes:
        """Return the root over the first ``size`` entries."""
        return self._hash(0, size)

    def proof(self, older: int, size: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two sizes."""
        return prove_consistency(older, size, self._hash)

    def _hash(self, start: int, stop: int) -> bytes:
        tree = Frontier()
        rows = self._store.entries(start, stop)
        while batch := list(islice(rows, _BATCH)):
            tree.extend(leaf_hash(row.data) for row in batch)
        return tree.root()
