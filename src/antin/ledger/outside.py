"""Holding the database against the checkpoint that is kept outside it."""

from antin.core.digests import same
from antin.core.errors import IntegrityError
from antin.ledger.checkpoint import parse_checkpoint
from antin.ledger.ports import LedgerStore


def require_continued(store: LedgerStore, outside: bytes | None) -> None:
    """Raise unless the database goes on from the newest checkpoint that left it.

    A database that was rolled back, or restored from a backup, lacks that checkpoint: nothing may
    be signed for it, or two histories of one ledger would exist. Errors: ``checkpoint_ahead``,
    ``ledger_inconsistent``, ``checkpoint_malformed``.
    """
    if outside is None:
        return
    kept = parse_checkpoint(outside)
    newest = store.newest_checkpoint()
    if newest is None or newest.size < kept.size:
        raise IntegrityError("checkpoint_ahead", checkpoint=kept.size, entries=store.size())
    # After a crash the database may be further than the outside copy, but must have passed it.
    for stored in store.checkpoints():
        if stored.size == kept.size and same(stored.root, kept.root):
            return
    detail = f"the checkpoint of {kept.size} entries kept outside is not the database's"
    raise IntegrityError("ledger_inconsistent", detail=detail)
