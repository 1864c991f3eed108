"""Holding the database against itself and against the checkpoint that is kept outside it.

Asked before anything is served or signed. It takes the same time for every ledger: a few rows are
looked up, none is recomputed; :mod:`antin.ledger.checking.verify` does that.
"""

from collections.abc import Sequence

from antin.core.digests import same
from antin.core.errors import IntegrityError
from antin.ledger.checkpoints.checkpoint import parse_checkpoint
from antin.ledger.ports import LedgerStore


def require_continued(store: LedgerStore, outside: bytes | None) -> None:
    """Raise unless the database goes on from the newest checkpoint that left it.

    A database that was rolled back, or restored from a backup, lacks that checkpoint: nothing may
    be signed for it, or two histories of one ledger would exist. Errors: ``ledger_head_wrong``,
    ``checkpoint_row_ahead``, ``cosignature_ahead``, ``checkpoint_ahead``, ``history_forked``,
    ``checkpoint_malformed``.
    """
    # 1. The next entry gets its index from the head: with a wrong one, it takes another's place.
    head, newest_index = store.size(), store.last_index()
    entries = 0 if newest_index is None else newest_index + 1
    if head != entries:
        raise IntegrityError("ledger_head_wrong", head=head, entries=entries)
    # 2. Nobody signs for entries that are not there: those that were are cut off.
    newest = store.newest_checkpoint()
    size = newest.size if newest else 0
    if size > entries:
        raise IntegrityError("checkpoint_row_ahead", checkpoint=size, entries=entries)
    # 3. Nor does a witness cosign what was never signed.
    cosigned = store.largest_cosigned() or 0
    if cosigned > size:
        raise IntegrityError("cosignature_ahead", size=cosigned, checkpoint=size)
    if outside is None:
        return
    # 4. After a crash the database may be further than the copy outside, but never behind it.
    kept = parse_checkpoint(outside)
    if size < kept.size:
        raise IntegrityError("checkpoint_ahead", checkpoint=kept.size, entries=entries)
    # 5. Further, it must have come past that very checkpoint.
    passed = store.checkpoint(kept.size)
    if passed is None or not same(passed.root, kept.root):
        raise IntegrityError("history_forked", size=kept.size, entries=entries)


def require_all_continued(store: LedgerStore, outside: Sequence[bytes]) -> None:
    """Do the same for the newest checkpoint of each place outside; errors as above.

    Whoever sets the database back and lets it go on passes the places that they set back with it,
    but not the others.
    """
    require_continued(store, None)
    for note in outside:
        require_continued(store, note)
