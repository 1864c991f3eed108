"""The flow *audit*: what the ledger says, whether it and the files are whole, and checkpoints.

Today an auditor works on the live installation; archive packages will come in beside this.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from antin.core.canonical import JsonObject
from antin.core.clock import from_micros, iso_utc
from antin.core.errors import AntinError, NotFoundError
from antin.flows.requests import system_act
from antin.flows.seal_register import abandon_stale
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checkpoint import next_checkpoint, sign_checkpoint
from antin.ledger.outside import require_continued
from antin.ledger.ports import EntryRow, StoredCheckpoint
from antin.ledger.verify import LedgerReport, verify_ledger
from antin.records.grants import Principal, Role

_log = logging.getLogger(__name__)
_READERS = (Role.AUDITOR, Role.ADMINISTRATOR)


# --- checkpoints -------------------------------------------------------------------------------


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


# --- entries -----------------------------------------------------------------------------------


def list_entries(
    services: Services, principal: Principal, start: int = 0, limit: int = 100
) -> tuple[JsonObject, ...]:
    """Return entries from index ``start``; what the caller may not see, as its leaf hash only."""

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        stop = min(start + limit, stores.ledger.size())
        return tuple(
            _entry_view(stores, row)
            if _may_read(stores, principal, row.stream)
            else {"index": row.index, "leaf": row.leaf.hex()}
            for row in stores.ledger.entries(start, stop)
        )

    return services.work.read(query)


def _may_read(stores: Stores, principal: Principal, stream: str) -> bool:
    agency = _agency_of(stores, stream)
    return agency is not None and any(principal.has(role, agency) for role in _READERS)


def _agency_of(stores: Stores, stream: str) -> str | None:
    kind, _, key = stream.partition("/")
    if kind == "agency":
        return key
    if kind == "record":
        record = stores.records.get(key)
        return record.agency_id if record else None
    document = stores.documents.get(key)
    return document.agency_id if document else None


def _entry_view(stores: Stores, row: EntryRow) -> JsonObject:
    payload = stores.ledger.payload(row.index)
    return {
        "index": row.index,
        "stream": row.stream,
        "n": row.n,
        "prev": row.prev.hex() if row.prev else None,
        "time": iso_utc(from_micros(row.micros)),
        "actor": row.actor,
        "action": row.action,
        "payload": row.payload_digest.hex(),
        "facts": payload.data.decode() if payload else None,
        "leaf": row.leaf.hex(),
        "entry": row.data.decode(),
    }


# --- checking ----------------------------------------------------------------------------------


def check_ledger(services: Services) -> LedgerReport:
    """Recompute everything in the ledger from its bytes and compare (see ``verify_ledger``)."""
    key = services.checkpoint_key.public_key
    external = services.checkpoint_sink.newest()
    return services.work.read(
        lambda stores: verify_ledger(stores.ledger, services.origin, key, external)
    )


@dataclass(frozen=True)
class FsckReport:
    """What ``antin fsck`` found and cleared."""

    ledger: LedgerReport
    missing_blobs: tuple[str, ...]
    """Named by a row, but not there."""
    corrupt_blobs: tuple[str, ...]
    """There, but with other content."""
    cleared_blobs: tuple[str, ...]
    """There, named by nothing, older than an hour: left by a crash; removed."""
    cleared_folders: int
    """Temporary folders that old: removed with the half-made files in them."""
    abandoned_seals: int


GRACE = timedelta(hours=1)
"""A file younger than this may still be waiting for the row that names it."""


def fsck(services: Services) -> FsckReport:
    """Check ledger, rows and files against each other; clear up what a crash left behind."""
    abandoned = abandon_stale(services)
    report = check_ledger(services)
    # Files are listed before rows are read: what is stored in between is named by then or young.
    horizon = (services.clock.now() - GRACE).timestamp()
    old = {digest for digest, written in services.blobs.all() if written < horizon}
    named = services.work.read(lambda stores: frozenset(stores.named_blobs()))
    missing = tuple(sorted(d for d in named if not services.blobs.exists(d)))
    corrupt = tuple(
        sorted(d for d in named if services.blobs.exists(d) and not services.blobs.check(d))
    )
    # Asked again file by file: one that was stored again meanwhile waits for its row.
    cleared = tuple(d for d in sorted(old - named) if services.blobs.remove(d, horizon))
    folders = services.blobs.clean_temporary(horizon)
    return FsckReport(report, missing, corrupt, cleared, folders, abandoned)
