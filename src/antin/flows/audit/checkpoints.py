"""Signing for what was committed: history that a checkpoint covers can not be changed unseen."""

import logging
from collections import deque
from dataclasses import dataclass, replace
from functools import partial

from antin.core.canonical import JsonObject
from antin.core.clock import iso_utc
from antin.core.errors import AntinError, NotFoundError
from antin.flows.requests import system_act
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checking.outside import require_all_continued
from antin.ledger.checkpoints.checkpoint import (
    Growth,
    next_checkpoint,
    sign_checkpoint,
    tile_roots_under,
)
from antin.ledger.checkpoints.cosignature import with_cosignatures
from antin.ledger.ports import LedgerStore, StoredCheckpoint, TileRoot
from antin.ledger.tree.tiles import TILE_HEIGHT

_log = logging.getLogger(__name__)


def take_checkpoint(services: Services) -> JsonObject:
    """Sign for all committed entries, unless the newest checkpoint covers them already.

    Before the key signs, the database is held against the checkpoint kept outside it, and the last
    signed checkpoint is recomputed from its frontier: the new tree extends exactly what was signed
    for. Roots of tiles are kept with it, for proofs. Errors: ``checkpoint_ahead``,
    ``ledger_inconsistent``, those of the key.
    """
    outside = services.checkpoint_sink.each_newest()
    plan = services.work.read(lambda stores: _plan(stores.ledger, outside))
    if plan.newest is not None and plan.newest.size == plan.size:
        if plan.growth.tile_roots:
            services.work.run(system_act(services), partial(_keep, plan.newest, plan.growth))
        services.checkpoint_sink.write(plan.newest)
        return checkpoint_view(plan.newest)
    key, growth = services.checkpoint_key, plan.growth
    note = sign_checkpoint(services.origin, plan.size, growth.root, key, plan.newest)
    made = StoredCheckpoint(plan.size, growth.root, note, growth.frontier, services.clock.now())
    kept = services.work.run(system_act(services), partial(_keep, made, growth))
    services.checkpoint_sink.write(kept)
    return checkpoint_view(kept)


@dataclass(frozen=True)
class _Plan:
    """What is to be signed and kept."""

    newest: StoredCheckpoint | None
    size: int
    growth: Growth


def _plan(ledger: LedgerStore, outside: tuple[bytes, ...]) -> _Plan:
    require_all_continued(ledger, outside)
    newest = ledger.newest_checkpoint()
    size = ledger.size()
    start = newest.size if newest else 0
    growth = next_checkpoint(newest, ledger.leaves(start, size), size)
    missing = _missing_tile_roots(ledger, newest) if newest else ()
    return _Plan(newest, size, replace(growth, tile_roots=missing + growth.tile_roots))


def _missing_tile_roots(ledger: LedgerStore, newest: StoredCheckpoint) -> tuple[TileRoot, ...]:
    """Return the roots of all tiles if the newest checkpoint was kept without them, else none."""
    level = 1
    while full := newest.size >> TILE_HEIGHT * level:
        last = ledger.newest_tile_root(level)
        if last is None or last.index + 1 < full:
            return tile_roots_under(newest, ledger.leaves(0, newest.size))
        level += 1
    return ()


def _keep(made: StoredCheckpoint, growth: Growth, stores: Stores) -> Done[StoredCheckpoint]:
    current = stores.ledger.newest_checkpoint()
    if current is None or current.size < made.size:
        stores.ledger.add_checkpoint(made)
        current = made
    # Else another process was quicker; its tree is the same tree, and so are its tiles.
    stores.ledger.add_tile_roots(growth.tile_roots)
    return Done(current)


def checkpoint_soon(services: Services) -> None:
    """Sign for what is new, if it can be done now; the sweeper tries again what can't.

    Entries that no checkpoint covers can be cut off unseen, so none should stay so for long. What
    was acknowledged stays acknowledged when the ledger's key is out of reach. A service answers
    first: whoever is answered need not wait for the ledger's key, and one checkpoint then serves
    all who were answered meanwhile.
    """
    if services.aside is None:
        _try_to_take(services)
    else:
        services.aside(partial(_try_to_take, services))


def _try_to_take(services: Services) -> None:
    try:
        take_checkpoint(services)
    except AntinError as error:
        _log.error("no checkpoint was signed: %s", error)


def require_ledger_continued(services: Services) -> None:
    """Raise if the database is behind the checkpoint kept outside it; asked before serving."""
    outside = services.checkpoint_sink.each_newest()
    services.work.read(lambda stores: require_all_continued(stores.ledger, outside))


def newest_note(services: Services) -> bytes:
    """Return the newest checkpoint with the cosignatures that there are so far; it is public."""

    def query(stores: Stores) -> bytes:
        newest = stores.ledger.newest_checkpoint()
        if newest is None:
            raise NotFoundError("checkpoint_not_found")
        lines = [one.line for one in stores.ledger.cosignatures(newest.size, newest.size + 1)]
        return with_cosignatures(newest.note, lines)

    return services.work.read(query)


def list_checkpoints(services: Services, limit: int) -> list[JsonObject]:
    """Return the newest checkpoints, newest first: who cosigned each, how often it was stamped."""
    return services.work.read(lambda stores: _newest(stores.ledger, limit))


def _newest(ledger: LedgerStore, limit: int) -> list[JsonObject]:
    kept = deque(ledger.checkpoints(), maxlen=limit)
    return [_listed(ledger, checkpoint) for checkpoint in reversed(kept)]


def _listed(ledger: LedgerStore, checkpoint: StoredCheckpoint) -> JsonObject:
    alone = (checkpoint.size, checkpoint.size + 1)
    return {
        **checkpoint_view(checkpoint),
        "cosigned_by": [one.witness for one in ledger.cosignatures(*alone)],
        "timestamps": len(ledger.timestamps(*alone)),
    }


def checkpoint_view(checkpoint: StoredCheckpoint) -> JsonObject:
    """Return a checkpoint as JSON."""
    return {
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "note": checkpoint.note.decode(),
        "created_at": iso_utc(checkpoint.created_at),
    }
