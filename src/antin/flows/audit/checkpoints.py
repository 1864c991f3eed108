"""Signing for what was committed: history that a checkpoint covers can not be changed unseen."""

import logging

from antin.core.canonical import JsonObject
from antin.core.clock import iso_utc
from antin.core.errors import AntinError, NotFoundError
from antin.flows.requests import system_act
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checkpoint import next_checkpoint, sign_checkpoint
from antin.ledger.outside import require_continued
from antin.ledger.ports import StoredCheckpoint

_log = logging.getLogger(__name__)


def take_checkpoint(services: Services) -> JsonObject:
    """Sign for all committed entries, unless the newest checkpoint covers them already.

    Before the key signs, the database is held against the checkpoint kept outside it, and the last
    signed checkpoint is recomputed from its frontier: the new tree extends exactly what was signed
    for. Errors: ``checkpoint_ahead``, ``ledger_inconsistent``, those of the key.
    """
    outside = services.checkpoint_sink.newest()

    def extend(stores: Stores) -> tuple[StoredCheckpoint | None, int, bytes, tuple[bytes, ...]]:
        require_continued(stores.ledger, outside)
        newest = stores.ledger.newest_checkpoint()
        size = stores.ledger.size()
        start = newest.size if newest else 0
        root, frontier = next_checkpoint(newest, stores.ledger.leaves(start, size), size)
        return newest, size, root, frontier

    newest, size, root, frontier = services.work.read(extend)
    if newest is not None and newest.size == size:
        services.checkpoint_sink.write(newest)
        return checkpoint_view(newest)
    note = sign_checkpoint(services.origin, size, root, services.checkpoint_key, newest)
    made = StoredCheckpoint(size, root, note, frontier, services.clock.now())

    def keep(stores: Stores) -> Done[StoredCheckpoint]:
        current = stores.ledger.newest_checkpoint()
        if current is not None and current.size >= made.size:
            return Done(current)  # another process was quicker; its tree is the same tree
        stores.ledger.add_checkpoint(made)
        return Done(made)

    kept = services.work.run(system_act(services), keep)
    services.checkpoint_sink.write(kept)
    return checkpoint_view(kept)


def checkpoint_soon(services: Services) -> None:
    """Sign for what is new, if it can be done now; the sweeper tries again what can't.

    Entries that no checkpoint covers can be cut off unseen, so none should stay so for long. What
    was acknowledged stays acknowledged when the ledger's key is out of reach.
    """
    try:
        take_checkpoint(services)
    except AntinError as error:
        _log.error("no checkpoint was signed: %s", error)


def require_ledger_continued(services: Services) -> None:
    """Raise if the database is behind the checkpoint kept outside it; asked before serving."""
    outside = services.checkpoint_sink.newest()
    services.work.read(lambda stores: require_continued(stores.ledger, outside))


def newest_note(services: Services) -> bytes:
    """Return the newest checkpoint as its signed note; it is public."""

    def query(stores: Stores) -> bytes:
        newest = stores.ledger.newest_checkpoint()
        if newest is None:
            raise NotFoundError("checkpoint_not_found")
        return newest.note

    return services.work.read(query)


def checkpoint_view(checkpoint: StoredCheckpoint) -> JsonObject:
    """Return a checkpoint as JSON."""
    return {
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "note": checkpoint.note.decode(),
        "created_at": iso_utc(checkpoint.created_at),
    }
