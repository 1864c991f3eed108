"""Checking a whole ledger as an auditor does: everything is computed again from the bytes.

What was removed or rewritten before any checkpoint left the machine can't be noticed by anybody:
the interval between checkpoints is a security parameter.
"""

from collections.abc import Iterable
from typing import Final

from antin.ledger.checking.entries import EntryChecks
from antin.ledger.checking.levels import Level
from antin.ledger.checking.losses import LossChecks
from antin.ledger.checking.recomputed import History
from antin.ledger.checking.report import (
    Collector,
    LedgerConclusion,
    LedgerFinding,
    LedgerReport,
    LedgerSeverity,
)
from antin.ledger.checking.tiles import TileRootChecks
from antin.ledger.checking.tree import TreeChecks
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.ports import LedgerStore
from antin.ledger.recovery import ACTION as RECOVERED

_NO_END: Final = 2**63 - 1


def verify_ledger(
    store: LedgerStore,
    origin: str,
    public_key: bytes,
    outside: bytes | None = None,
    *,
    level: Level = Level.CHECKPOINTS,
    put_aside: Iterable[bytes] = (),
    missing_guards: Iterable[str] = (),
) -> LedgerReport:
    """Check every entry and every checkpoint of one consistent snapshot.

    ``public_key``: the log's own key, P-256 or Ed25519 (DER SubjectPublicKeyInfo), from outside the
    database; ``outside``: the newest checkpoint kept elsewhere, if there is one; ``level``: how
    far, at most *checkpoints*; ``put_aside``: checkpoints that recovering put aside;
    ``missing_guards``: triggers that the database should have. Never raises for what the ledger
    holds; errors are those of reading it, and ``checkpoint_malformed`` for a ``public_key`` that
    is none.
    """
    found = Collector()
    verifier = verifier_of(origin, public_key)
    level = level if Level.CHECKPOINTS.reaches(level) else Level.CHECKPOINTS
    for guard in missing_guards:
        found.warning("guard_missing", guard=guard)
    proving = level is Level.CHECKPOINTS
    entries = EntryChecks(found, store.payloads(0, _NO_END), level)
    tree = TreeChecks(found, verifier, store.checkpoints() if proving else (), outside)
    tile_roots = TileRootChecks(found, store)
    losses = LossChecks(found, verifier, put_aside if proving else ())
    count = 0
    for row in store.entries(0, _NO_END):
        # 1. Each entry: bytes, columns, stream, request, payload. What an editor of one row
        #    forgets is found here.
        leaf = entries.check(row)
        # 2. The tree over the recomputed leaves against each signed root. Who rewrites one entry
        #    and everything after it is found here.
        if proving:
            tree.grow(leaf)
            tile_roots.grow(leaf)
            if row.action == RECOVERED:
                losses.declared(row, store.payload(row.index))
        count += 1
    # 3. What is left over: facts without an entry, checkpoints of more entries than there are.
    entries.finish()
    if proving:
        history = History(store)
        tree.finish(history)
        losses.finish(history, tree.good)
        tile_roots.finish()
    else:
        found.warning("levels_left_out", level=level.value)
    # 4. The head, from which the next entry gets its index.
    head = store.size()
    if head != count:
        found.error("ledger_size_altered", expected=head, found=count)
    return LedgerReport(
        origin=origin,
        entries=count,
        root=tree.root,
        checkpoints=tree.checkpoints,
        covered=tree.covered,
        findings=tuple(found.found),
        left_off=found.left_off,
        level=level,
    )


__all__ = [
    "LedgerConclusion",
    "LedgerFinding",
    "LedgerReport",
    "LedgerSeverity",
    "verify_ledger",
]
