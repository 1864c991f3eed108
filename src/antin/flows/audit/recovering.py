"""Going on after the database was set back: bring the entries back, or say that they are lost.

With the entries nothing is lost and no second history begins: they are believed only if they lead
from ours to the checkpoint that the log had signed. Without them the log goes on from what is left,
by an entry that says so for ever; the checkpoint stays as evidence. Killed at any step, either is
done again by running it again.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, Protocol

from antin.core.canonical import JsonObject
from antin.core.clock import from_micros, iso_utc, to_micros
from antin.core.digests import same, sha256_hex
from antin.core.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from antin.flows.audit.checkpoints import take_checkpoint
from antin.flows.requests import SYSTEM, system_act
from antin.flows.services import Services
from antin.flows.texts import clean
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checking.outside import require_continued
from antin.ledger.checkpoints.checkpoint import open_checkpoint
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.draft import Act, Draft
from antin.ledger.entry import SALT_BYTES, Entry, commitment, parse
from antin.ledger.ports import EntryRow, Payload, StoredCheckpoint
from antin.ledger.recovery import ACTION, Loss
from antin.ledger.tree.merkle import Frontier, leaf_hash

BATCH: Final = 1000
"""Entries that are brought back in one change."""
_SET_BACK: Final = frozenset({"checkpoint_ahead", "history_forked"})
_NO_AGENCY: Final = "ledger"
_Batch = list[tuple[bytes, Payload | None]]
"""Entries' bytes, with their facts where they are there."""


class EntrySource(Protocol):
    """Where lost entries may still be: an export, a backup."""

    def entries(self, start: int, stop: int) -> Iterator[tuple[bytes, Payload | None]]:
        """Yield entries' bytes from index ``start``, with their facts where they are there.

        May be asked again. Errors: ``recovery_source_unusable``, when there are not as many.
        """
        ...


@dataclass(frozen=True)
class Missing:
    """What stands between the database and the checkpoint that the log had signed."""

    code: str
    """Why nothing is served or signed: the code of that error."""
    note: bytes
    size: int
    entries: int
    """In the database."""
    newest: StoredCheckpoint | None
    """The newest that the database has."""
    newest_entry: datetime | None
    """When its newest entry was made."""

    @property
    def common(self) -> int:
        """Entries that both histories are shown to begin with: at most those under ``newest``."""
        return min(self.newest.size, self.size) if self.newest else 0

    def as_json(self) -> JsonObject:
        """Return it for people and programs."""
        newest = self.newest
        return {
            "code": self.code,
            "lost": {"from": min(self.entries, self.size), "to": self.size - 1},
            "size": self.size,
            "entries": self.entries,
            "common": self.common,
            "checkpoint": self.note.decode(errors="replace"),
            "newest_checkpoint": newest.note.decode(errors="replace") if newest else None,
            "newest_checkpoint_at": iso_utc(newest.created_at) if newest else None,
            "newest_entry_at": iso_utc(self.newest_entry) if self.newest_entry else None,
        }


def find_missing(services: Services) -> Missing | None:
    """Return what is missing, None if the database goes on from all that was signed.

    Errors: ``ledger_head_wrong`` and ``cosignature_ahead``, which nothing here can mend; those of
    a checkpoint outside that the log did not sign.
    """
    for outside in services.checkpoint_sink.each_newest() or (None,):
        missing = services.work.read(partial(_missing, services, outside))
        if missing is not None:
            return missing
    return None


def _missing(services: Services, outside: bytes | None, stores: Stores) -> Missing | None:
    try:
        require_continued(stores.ledger, outside)
    except IntegrityError as error:
        newest = stores.ledger.newest_checkpoint()
        if error.code in _SET_BACK and outside is not None:
            note = outside
        elif error.code == "checkpoint_row_ahead" and newest is not None:
            note = newest.note
        else:
            raise
        verifier = verifier_of(services.origin, services.checkpoint_key.public_key)
        said = open_checkpoint(note, services.origin, verifier)
        size = stores.ledger.size()
        last = next(stores.ledger.entries(size - 1, size), None)
        made = from_micros(last.micros) if last else None
        return Missing(error.code, note, said.size, size, newest, made)
    return None


def bring_back(services: Services, source: EntrySource) -> Missing | None:
    """Put the missing entries back from ``source``; return what was missing.

    Errors: those of :func:`find_missing` and of ``source``; ``recovery_source_unusable`` for
    entries that do not lead from ours to the checkpoint; ``history_forked`` where the database
    went on with entries of its own.
    """
    first = missing = find_missing(services)
    while missing is not None:
        _bring_back(services, source, missing)
        # A checkpoint in the database may be ahead of it, and the one outside ahead of that one.
        missing = find_missing(services)
    return first


def _bring_back(services: Services, source: EntrySource, missing: Missing) -> None:
    if missing.entries >= missing.size:
        raise IntegrityError("history_forked", size=missing.size, entries=missing.entries)
    # 1. Before anything is written: ours and theirs together are what was signed for.
    frontier, shown = _proven(services, missing, source)
    # 2. A batch at a time; what was put back stays if the next is not reached. Somebody else may
    #    write to the source meanwhile: each batch is what it was when it was shown.
    start, expected = missing.entries, iter(shown)
    for batch in _batches(source, missing):
        if _digest(batch) != next(expected, None):
            detail = "it gave other entries when it was read again"
            raise InputError("recovery_source_unusable", detail=detail)
        services.work.run(system_act(services), partial(_put_back, _rows(batch, start)))
        start += len(batch)
    # 3. The checkpoint itself, from which the next one goes on.
    services.work.run(system_act(services), partial(_keep, services, missing, frontier))


def _proven(
    services: Services, missing: Missing, source: EntrySource
) -> tuple[Frontier, list[bytes]]:
    """Return the tree under the lost checkpoint, over our entries and those of ``source``.

    And a digest of each batch of theirs.
    """
    tree, shown = Frontier(), list[bytes]()
    ours = services.work.read(lambda stores: _tree_of_ours(stores, missing.entries))
    tree.join(ours)
    for batch in _batches(source, missing):
        tree.extend(leaf_hash(data) for data, _ in batch)
        shown.append(_digest(batch))
    verifier = verifier_of(services.origin, services.checkpoint_key.public_key)
    said = open_checkpoint(missing.note, services.origin, verifier)
    if tree.size != said.size or not same(tree.root(), said.root):
        detail = f"its entries do not lead from ours to the checkpoint of {said.size}"
        raise InputError("recovery_source_unusable", detail=detail)
    return tree, shown


def _batches(source: EntrySource, missing: Missing) -> Iterator[_Batch]:
    """Yield what is missing; facts are those that their entries commit to."""
    entries = source.entries(missing.entries, missing.size)
    while batch := list(islice(entries, BATCH)):
        for data, payload in batch:
            _require_committed(data, payload)
        yield batch


def _digest(batch: _Batch) -> bytes:
    return hashlib.sha256(b"".join(leaf_hash(data) for data, _ in batch)).digest()


def _require_committed(data: bytes, payload: Payload | None) -> None:
    """Raise ``recovery_source_unusable`` for facts that are not what their entry commits to.

    A salt of another length would take from the facts, or give to them.
    """
    if payload is not None and (
        len(payload.salt) != SALT_BYTES
        or not same(commitment(payload.salt, payload.data), parse(data).payload_digest)
    ):
        detail = "facts in it are not those that their entries commit to"
        raise InputError("recovery_source_unusable", detail=detail)


def _tree_of_ours(stores: Stores, size: int) -> Frontier:
    tree = Frontier()
    rows = stores.ledger.entries(0, size)
    while batch := list(islice(rows, BATCH)):
        tree.extend(leaf_hash(row.data) for row in batch)
    return tree


def _rows(entries: _Batch, start: int) -> list[tuple[EntryRow, Payload | None]]:
    """Return entries with the columns that their bytes say."""
    return [
        (_row(start + number, data, parse(data)), payload)
        for number, (data, payload) in enumerate(entries)
    ]


def _row(index: int, data: bytes, entry: Entry) -> EntryRow:
    return EntryRow(index=index, data=data, leaf=leaf_hash(data), **vars(entry))


def _put_back(batch: list[tuple[EntryRow, Payload | None]], stores: Stores) -> Done[None]:
    stores.ledger.bring_back(batch)
    return Done(None)


def _keep(services: Services, missing: Missing, tree: Frontier, stores: Stores) -> Done[None]:
    if stores.ledger.checkpoint(missing.size) is None:
        now = services.clock.now()
        made = StoredCheckpoint(missing.size, tree.root(), missing.note, tree.hashes(), now)
        stores.ledger.add_checkpoint(made)
    return Done(None)


def accept_loss(services: Services, reason: str) -> Missing | None:
    """Go on without the missing entries, declared by an entry; return what was missing.

    Errors: those of :func:`find_missing`; ``recovery_needs_entries`` where a checkpoint in the
    database itself is ahead of it, which no restored backup explains; ``field_missing`` without a
    reason; those of the ledger's key.
    """
    first = missing = find_missing(services)
    while missing is not None:
        if missing.code == "checkpoint_row_ahead":
            raise RefusedError("recovery_needs_entries", size=missing.size)
        # 1. What was lost, and why, is in the ledger before anything gives way.
        _declare(services, missing, clean("reason", reason))
        # 2. The checkpoint stays as evidence, and stands in nobody's way.
        services.checkpoint_sink.put_aside(missing.note, missing.common)
        # Another place may keep another one that is ahead; one that can't be reached now will be
        # found ahead when it can.
        missing = _next_missing(services, missing)
    # 3. Signed at once, so that the declaration itself can't be cut off unseen; also where a run
    #    before this one did not come to it.
    take_checkpoint(services)
    return first


def _next_missing(services: Services, before: Missing) -> Missing | None:
    missing = find_missing(services)
    if missing is not None and missing.note == before.note:
        raise UnavailableError("storage_full", detail="a checkpoint could not be put aside")
    return missing


def _declare(services: Services, missing: Missing, reason: str) -> None:
    loss = Loss(missing.note, missing.size, missing.common, missing.entries, reason)
    now = to_micros(services.clock.now())
    # One declaration for one lost checkpoint and one state that the database was set back to.
    named = sha256_hex(missing.note + b"%d" % missing.common)[:32]
    act = Act(SYSTEM.id, f"recover/{named}", now, system_act(services).seed)

    def change(stores: Stores) -> Done[None]:
        return Done(None, (Draft(_stream(stores), ACTION, loss.as_facts()),))

    try:
        services.work.run(act, change)
    except ConflictError as error:
        # Declared by a run that was killed before the next step, or by one beside this.
        if error.code != "already_exists":
            raise


def _stream(stores: Stores) -> str:
    """Return the stream of the agency that was there first: its auditors see it."""
    return f"agency/{next((agency.id for agency in stores.agencies.list()), _NO_AGENCY)}"
