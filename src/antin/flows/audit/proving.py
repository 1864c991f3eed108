"""Proofs from the ledger's tree, and receipts that hold them.

Proofs are public, as checkpoints are: they consist of hashes over salted commitments, which tell
nobody what an entry says. What an entry's bytes say is for those who may see the entry.
"""

from dataclasses import dataclass

from antin.core.canonical import JsonObject
from antin.core.digests import same
from antin.core.errors import IntegrityError, NotFoundError
from antin.flows.audit.seeing import may_read
from antin.flows.lookups import find_record
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.ledger.checkpoints.cosignature import with_cosignatures
from antin.ledger.checkpoints.receipt import Receipt, write_receipt
from antin.ledger.checkpoints.witness import Submission
from antin.ledger.ports import StoredCheckpoint
from antin.ledger.tree.stored import StoredTiles
from antin.ledger.tree.tile_proofs import consistency_from_tiles, inclusion_from_tiles
from antin.records.grants import Principal


@dataclass(frozen=True)
class Inclusion:
    """That an entry is in the tree that a checkpoint was signed for."""

    receipt: Receipt
    checkpoint: StoredCheckpoint
    leaf: bytes

    @property
    def text(self) -> str:
        """Return it as c2sp.org/tlog-proof@v1."""
        return write_receipt(self.receipt).decode()

    def as_json(self) -> JsonObject:
        """Return it for programs."""
        return {
            "index": self.receipt.index,
            "size": self.checkpoint.size,
            "leaf": self.leaf.hex(),
            "path": [one.hex() for one in self.receipt.path],
            "root": self.checkpoint.root.hex(),
            "checkpoint": self.receipt.note.decode(),
        }


@dataclass(frozen=True)
class Consistency:
    """That the tree of one checkpoint extends that of another."""

    older: StoredCheckpoint
    newer: StoredCheckpoint
    path: tuple[bytes, ...]
    older_note: bytes
    newer_note: bytes

    @property
    def text(self) -> str:
        """Return it as a witness is asked with it (c2sp.org/tlog-witness)."""
        return Submission(self.older.size, self.path, self.newer_note).write().decode()

    def as_json(self) -> JsonObject:
        """Return it for programs."""
        return {
            "from": self.older.size,
            "to": self.newer.size,
            "path": [one.hex() for one in self.path],
            "from_root": self.older.root.hex(),
            "to_root": self.newer.root.hex(),
            "from_checkpoint": self.older_note.decode(),
            "to_checkpoint": self.newer_note.decode(),
        }


def prove_entry(services: Services, index: int, size: int | None = None) -> Inclusion:
    """Return the proof that entry ``index`` is in a signed tree: of ``size``, or the newest.

    Errors: ``checkpoint_not_found``, ``checkpoint_size_unknown``, ``entry_not_covered``,
    ``ledger_inconsistent``, ``tile_missing``.
    """
    return services.work.read(lambda stores: _include(stores, index, size))


def prove_growth(services: Services, older: int, newer: int | None = None) -> Consistency:
    """Return the proof that one signed tree extends another.

    Errors: ``checkpoint_not_found``, ``checkpoint_size_unknown``, ``ledger_inconsistent``,
    ``tile_missing``.
    """

    def query(stores: Stores) -> Consistency:
        new = _signed(stores, newer)
        old = _signed(stores, older)
        if old.size > new.size:
            old, new = new, old
        path = growth_path(stores, old, new)
        return Consistency(old, new, path, _published(stores, old), _published(stores, new))

    return services.work.read(query)


def growth_path(
    stores: Stores, older: StoredCheckpoint, newer: StoredCheckpoint
) -> tuple[bytes, ...]:
    """Return the proof from one signed root to another; none is needed from none or to itself.

    Errors: ``ledger_inconsistent``, ``tile_missing``.
    """
    if not 0 < older.size < newer.size:
        return ()
    tiles = StoredTiles(stores.ledger)
    proof = consistency_from_tiles(tiles, older.size, newer.size, newer.root)
    if not same(proof.older_root, older.root):
        detail = f"the signed trees of {older.size} and {newer.size} entries do not go together"
        raise IntegrityError("ledger_inconsistent", detail=detail)
    return proof.path


def find_leaf(services: Services, leaf: bytes) -> int:
    """Return the index of the entry with this leaf hash; reads through all of them.

    Error: ``entry_not_found``.
    """

    def query(stores: Stores) -> int:
        found = enumerate(stores.ledger.leaves(0, stores.ledger.size()))
        index = next((index for index, one in found if one == leaf), None)
        if index is None:
            raise NotFoundError("entry_not_found")
        return index

    return services.work.read(query)


def newest_index(services: Services, stream: str) -> int:
    """Return the index of a stream's newest entry. Error: ``entry_not_found``."""

    def query(stores: Stores) -> int:
        tip = stores.ledger.tip(stream)
        if tip is None:
            raise NotFoundError("entry_not_found")
        return tip.index

    return services.work.read(query)


def record_receipts(
    services: Services,
    principal: Principal,
    record_id: str,
    *,
    every: bool = False,
    size: int | None = None,
) -> tuple[Receipt, ...]:
    """Return receipts for a record: of its newest entry, or of ``every`` one, oldest first.

    Under the checkpoint of ``size`` entries; by default under the first one that was time-stamped
    after the entry, which proves the earliest time, unless more witnesses cosigned the newest.
    They hold the entries' bytes for those who may see them, and leaf hashes for others who may see
    the record. Errors: ``record_not_found``, those of :func:`prove_entry`.
    """

    def query(stores: Stores) -> tuple[Receipt, ...]:
        find_record(stores, principal, record_id)
        stream = f"record/{record_id}"
        seen = may_read(stores, principal, stream)
        tip = stores.ledger.tip(stream)
        if tip is None:
            raise NotFoundError("entry_not_found")
        rows = stores.ledger.of_stream(stream, 0, tip.n + 1) if every else (tip,)
        proven = (
            (row, _include(stores, row.index, _best_size(stores, row.index, size))) for row in rows
        )
        return tuple(
            Receipt(
                one.receipt.index,
                one.receipt.path,
                one.receipt.note,
                row.data if seen else None,
                None if seen else row.leaf,
                _tokens(stores, one.checkpoint),
            )
            for row, one in proven
        )

    return services.work.read(query)


def _best_size(stores: Stores, index: int, wanted: int | None) -> int | None:
    """Return the size of the checkpoint that a receipt says most under; None: the newest."""
    stamped, newest = stores.ledger.first_timestamp(index + 1), stores.ledger.newest_checkpoint()
    if wanted is not None or stamped is None or newest is None:
        return wanted
    there, later = (
        len(stores.ledger.cosignatures(size, size + 1)) for size in (stamped.size, newest.size)
    )
    return stamped.size if there >= later else None


def _include(stores: Stores, index: int, size: int | None) -> Inclusion:
    checkpoint = _signed(stores, size)
    if not 0 <= index < checkpoint.size:
        raise NotFoundError("entry_not_covered", index=index, size=checkpoint.size)
    tiles = StoredTiles(stores.ledger)
    proof = inclusion_from_tiles(tiles, index, checkpoint.size, checkpoint.root)
    receipt = Receipt(index, proof.path, _published(stores, checkpoint))
    return Inclusion(receipt, checkpoint, proof.leaf)


def _signed(stores: Stores, size: int | None) -> StoredCheckpoint:
    """Return the checkpoint of this size, or the newest: nothing is proven for what is unsigned."""
    newest = stores.ledger.newest_checkpoint()
    if newest is None:
        raise NotFoundError("checkpoint_not_found")
    if size is None:
        return newest
    found = stores.ledger.checkpoint(size)
    if found is None:
        raise NotFoundError("checkpoint_size_unknown", size=size, newest=newest.size)
    return found


def _published(stores: Stores, checkpoint: StoredCheckpoint) -> bytes:
    lines = [one.line for one in stores.ledger.cosignatures(checkpoint.size, checkpoint.size + 1)]
    return with_cosignatures(checkpoint.note, lines)


def _tokens(stores: Stores, checkpoint: StoredCheckpoint) -> tuple[bytes, ...]:
    return tuple(
        one.token for one in stores.ledger.timestamps(checkpoint.size, checkpoint.size + 1)
    )
